import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { AxiosConfigScrubber } from './axios-config-scrubber.js';
import { ConfigurableModuleClass } from './internal-token-http.options.js';
import { OutgoingPropagation } from './outgoing-propagation.js';

/**
 * Passes the internal token of the running request on to the other services of the trust domain, and to no other origin.
 * Import it once; there is nothing to call:
 *
 * ```ts
 * InternalTokenHttpModule.forRoot({ internalOrigins: { inventory: 'http://inventory:3002' } })
 * ```
 *
 * It covers `fetch`, undici, `node:http` and `node:https`, axios and @nestjs/axios: every request of theirs is looked at
 * just before it is written. To an internal origin it carries exactly one `Txn-Token`, the one of the context it is
 * made in, with a `traceparent`, and ends at the latest with the token's life; without a verified, living token it is
 * refused by an `InternalTokenError` before anything is sent. The same happens where its connection leads elsewhere; the
 * option `connections` lists sidecars. To any other origin it carries neither, redirects included, whatever the
 * application has set. `node:http2` and raw sockets are not covered: they carry no token.
 *
 * Calls are decided on by the application whose request makes them. Outside of any request, internal origins are
 * closed; see `InternalTokenContext.run()` and `withoutPropagation()`.
 */
@Module({
  imports: [DiscoveryModule],
  providers: [OutgoingPropagation, AxiosConfigScrubber],
  exports: [OutgoingPropagation],
})
export class InternalTokenHttpModule extends ConfigurableModuleClass {}
