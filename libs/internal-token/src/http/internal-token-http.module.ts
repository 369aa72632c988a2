import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { HttpServiceSetup } from './axios/http-service-setup.js';
import { ConfigurableModuleClass } from './outgoing/internal-token-http.options.js';
import { OutgoingPropagation } from './outgoing/outgoing-propagation.js';

/**
 * Passes the internal token of the current request on to the other services of the trust domain and to no other origin.
 * Import it once; there is nothing to call:
 *
 * ```ts
 * InternalTokenHttpModule.forRoot({ internalOrigins: { inventory: 'http://inventory:3002' } })
 * ```
 *
 * It covers `fetch`, undici, `node:http` and `node:https`, axios and @nestjs/axios, and inspects each of their requests
 * just before it is written. A request to an internal origin carries exactly one `Txn-Token`, that of the context in
 * which it is made, and a `traceparent`; it is aborted when the token expires. Without a verified token that has not
 * expired, or if its connection leads elsewhere, it is refused with an `InternalTokenError` before anything is sent;
 * list sidecars in the option `connections`. A request to any other origin, redirects included, carries neither field,
 * even if the application has set it. `node:http2` and raw sockets are not covered: they carry no token.
 *
 * Plain calls of `HttpService` to internal origins go over undici, which costs less; `adapter: 'http'` in the options of
 * `HttpModule` turns that off.
 *
 * The rules are those of the application whose request makes the call. Outside any request, calls to internal origins
 * are refused; see `InternalTokenContext.run()` and `withoutPropagation()`.
 */
@Module({
  imports: [DiscoveryModule],
  providers: [OutgoingPropagation, HttpServiceSetup],
  exports: [OutgoingPropagation],
})
export class InternalTokenHttpModule extends ConfigurableModuleClass {}
