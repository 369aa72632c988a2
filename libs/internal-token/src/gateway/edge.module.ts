import { ConfigurableModuleBuilder, Module, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { APP_GUARD, HttpAdapterHost } from '@nestjs/core';
import type { Server } from 'node:http';
import { AccessTokenAuthenticator } from './authenticate/index.js';
import { RESOLVED_EDGE_OPTIONS, type EdgeOptions, resolveEdgeOptions } from './edge.options.js';
import { GatewayRefusals } from './gateway-refusals.js';
import { HttpForwarder } from './dispatch/http-forwarder.js';
import { InternalPipeline } from './internal-pipeline.js';
import { GatewayPipeline } from './gateway-pipeline.js';
import { GatewayRoutes } from './route/gateway-routes.js';
import { RouteAgreementGuard } from './route/route-agreement.guard.js';
import { InternalListeners } from './listeners/internal-listener.js';

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } = new ConfigurableModuleBuilder<EdgeOptions>({
  moduleName: 'Edge',
})
  .setClassMethodName('forRoot')
  .build();

/**
 * Makes an application the gateway: every public request is authenticated and gets one internal token. It needs
 * `InternalTokenModule` and `InternalTokenIssuingModule` beside it.
 *
 * ```ts
 * EdgeModule.forRoot({
 *   routes: { table: reflectRoutes([OrdersController], 'orders') },
 *   accessTokens: {
 *     issuers: [{ issuer: 'https://login.example', audience: 'https://api.example', discovery: true }],
 *   },
 *   forwarding: { upstreams: { orders: { origin: 'http://127.0.0.1:3003' } } },
 * })
 * ```
 *
 * Domains named in `forwarding.upstreams` run elsewhere: their requests are forwarded and never reach Nest's router here.
 * Classes that extend `EdgePolicy`, `PermissionEnricher`, `Forwarder` or `IssuanceSink` take part wherever they are
 * provided.
 */
@Module({
  providers: [
    { provide: RESOLVED_EDGE_OPTIONS, inject: [MODULE_OPTIONS_TOKEN], useFactory: resolveEdgeOptions },
    {
      provide: AccessTokenAuthenticator,
      // The options come first: their errors name the place.
      inject: [MODULE_OPTIONS_TOKEN, RESOLVED_EDGE_OPTIONS],
      useFactory: ({ accessTokens }: EdgeOptions) => new AccessTokenAuthenticator(accessTokens),
    },
    GatewayRoutes,
    GatewayRefusals,
    HttpForwarder,
    GatewayPipeline,
    InternalPipeline,
    InternalListeners,
    { provide: APP_GUARD, useClass: RouteAgreementGuard },
  ],
  exports: [AccessTokenAuthenticator, InternalListeners],
})
export class EdgeModule extends ConfigurableModuleClass implements OnModuleInit, OnApplicationShutdown {
  constructor(
    private readonly authenticator: AccessTokenAuthenticator,
    private readonly forwarder: HttpForwarder,
    private readonly host: HttpAdapterHost,
  ) {
    super();
  }

  async onModuleInit(): Promise<void> {
    this.#checkHeads();
    await this.authenticator.start();
  }

  /** The edge itself asks for `Host` and looks at `Expect`, and says what is wrong with them. */
  #checkHeads(): void {
    const server = this.host.httpAdapter?.getHttpServer() as (Server & { requireHostHeader?: boolean }) | undefined;
    if (typeof server?.on !== 'function') return;
    server.requireHostHeader = false;
    server.on('checkExpectation', (request, response) => server.emit('request', request, response));
  }

  /** Not earlier: requests that are still being answered when the application closes may need it. */
  async onApplicationShutdown(): Promise<void> {
    this.authenticator.close();
    await this.forwarder.close();
  }
}
