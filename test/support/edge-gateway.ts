import {
  All,
  Body,
  Controller,
  Delete,
  type DynamicModule,
  Get,
  HttpCode,
  type INestApplication,
  Module,
  Param,
  Post,
  type Provider,
  Req,
  Res,
  type Type,
} from '@nestjs/common';
import { APP_FILTER, NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { generateKeyPairSync } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  AnyScope,
  type CustomClaims,
  InternalClaims,
  InternalTokenContext,
  InternalTokenModule,
  type InternalTokenOptions,
  NoInternalToken,
  Public,
  RequirePermissions,
  RequireScope,
  type VerifiedClaims,
} from 'nestjs-internal-token';
import {
  type AccessTokenOptions,
  EdgeModule,
  type EdgeOptions,
  type InternalListener,
  InternalTokenIssuer,
  InternalTokenIssuingModule,
  openInternalListener,
  reflectRoutes,
  type RouteDefinition,
  type RouteOptions,
  type Signer,
} from 'nestjs-internal-token/gateway';
import { InternalTokenProblemFilter } from 'nestjs-internal-token/http';
import { encodedToken, newTransactionId } from '../../libs/internal-token/src/core/index.js';
import { AccessTokenIssuer, AUDIENCE } from './access-token-issuer.js';
import { exchange, head, ask, type RawExchange, type RawResponse } from './raw-http.js';

type AnyRequest = IncomingMessage & { raw?: IncomingMessage; body?: unknown };
type AnyResponse = ServerResponse & { raw?: ServerResponse };

/** What a handler sees of a request. */
export interface Seen {
  readonly handler: string;
  readonly url: string;
  readonly rawHeaders: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  readonly distinct: Readonly<Record<string, readonly string[]>>;
  readonly body: unknown;
  readonly txn: string | undefined;
  readonly claims: VerifiedClaims & { readonly custom: CustomClaims };
}

function seen(handler: string, request: AnyRequest, claims: VerifiedClaims, txn: string | undefined): unknown {
  const raw = request.raw ?? request;
  const { rawHeaders, headers, headersDistinct, url } = raw;
  return { handler, url, rawHeaders, headers, distinct: headersDistinct, body: request.body, txn, claims };
}

@Controller('orders')
export class OrdersController {
  constructor(private readonly context: InternalTokenContext) {}

  @Get()
  @RequireScope('orders.read')
  list(@Req() request: AnyRequest, @InternalClaims() claims: VerifiedClaims): unknown {
    return seen('orders.list', request, claims, this.context.txn);
  }

  @Get('me')
  @AnyScope()
  me(@Req() request: AnyRequest, @InternalClaims() claims: VerifiedClaims): unknown {
    return seen('orders.me', request, claims, this.context.txn);
  }

  @Get(':id')
  @RequireScope('orders.read')
  one(@Param('id') id: string, @Req() request: AnyRequest, @InternalClaims() claims: VerifiedClaims): unknown {
    return { ...(seen('orders.one', request, claims, this.context.txn) as object), id };
  }

  @Post()
  @HttpCode(201)
  @RequireScope('orders.write')
  @RequirePermissions('orders:write')
  place(@Req() request: AnyRequest, @Body() _body: unknown, @InternalClaims() claims: VerifiedClaims): unknown {
    return seen('orders.place', request, claims, this.context.txn);
  }

  @Delete(':id')
  @RequireScope('orders.write')
  @RequirePermissions('orders:admin')
  remove(): string {
    return 'removed';
  }
}

@Controller('catalog')
export class CatalogController {
  constructor(private readonly context: InternalTokenContext) {}

  @Get('items')
  @Public()
  @RequireScope('catalog.read')
  items(@Req() request: AnyRequest, @InternalClaims() claims: VerifiedClaims): unknown {
    return seen('catalog.items', request, claims, this.context.txn);
  }

  @All('echo')
  @Public()
  echo(@Req() request: AnyRequest, @InternalClaims() claims: VerifiedClaims): unknown {
    return seen('catalog.echo', request, claims, this.context.txn);
  }

  /** A handler that misuses response headers in every way. */
  @Get('leak')
  @Public()
  leak(@Res() response: AnyResponse): void {
    const raw = response.raw ?? response;
    raw.setHeader('Txn-Token', 'set');
    raw.setHeader('Access-Control-Expose-Headers', 'X-Request-Id, Txn-Token');
    raw.writeHead(200, { 'TXN-TOKEN': 'written', 'Access-Control-Allow-Headers': 'txn-token', 'Content-Length': '2' });
    raw.end('{}');
  }
}

/** A catch-all for two-segment paths: more specific routes must win, at the gateway and at the service. */
@Controller()
export class PagesController {
  @Get(':section/:page')
  @Public()
  page(@Param('section') section: string, @Param('page') page: string): unknown {
    return { handler: 'pages.page', section, page };
  }
}

/** For the internal listener only; deliberately missing from the gateway's table. */
@Controller('internal/orders')
export class InternalOrdersController {
  @All('secret')
  @AnyScope()
  secret(@InternalClaims() claims: VerifiedClaims): unknown {
    return { handler: 'internal.secret', claims };
  }
}

@Controller('health')
class HealthController {
  @Get('ready')
  @NoInternalToken()
  ready(): string {
    return 'ready';
  }
}

const PUBLIC_ROUTES: readonly RouteDefinition[] = [
  ...reflectRoutes([OrdersController], 'orders'),
  ...reflectRoutes([CatalogController], 'catalog'),
  ...reflectRoutes([PagesController, HealthController], 'gateway'),
];

export interface GatewaySetup {
  readonly platform?: 'fastify' | 'express';
  readonly edge?: Partial<Omit<EdgeOptions, 'accessTokens' | 'routes'>> & {
    readonly accessTokens?: Partial<AccessTokenOptions>;
    readonly routes?: Partial<RouteOptions>;
  };
  readonly internal?: Partial<InternalTokenOptions>;
  readonly providers?: readonly Provider[];
  readonly imports?: readonly DynamicModule[];
  /** Modules that stand before those of the library. */
  readonly importsBefore?: readonly DynamicModule[];
  /** Default 127.0.0.1. */
  readonly host?: string;
  readonly controllers?: readonly Type[];
  readonly signer?: Signer;
  readonly prepare?: (app: INestApplication) => void;
}

/** A gateway with three small domains in one process, a real identity provider beside it, and both listeners open. */
export class EdgeGateway {
  private constructor(
    readonly app: INestApplication,
    readonly issuer: AccessTokenIssuer,
    readonly port: number,
    readonly internal: InternalListener,
    readonly tokens: InternalTokenIssuer,
  ) {}

  static async start(setup: GatewaySetup = {}): Promise<EdgeGateway> {
    const issuer = await AccessTokenIssuer.start();
    const { privateKey, publicKey } = generateKeyPairSync('ec', {
      namedCurve: 'P-256',
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    });
    const trust = { trustDomain: 'shop.test' };
    const { signer } = setup;
    const signing = signer === undefined ? { key: privateKey } : { signer };
    const keys =
      signer === undefined
        ? { publicKeys: [{ key: publicKey }] }
        : { source: { description: 'its own', load: () => Promise.resolve({ keys: [signer.publicJwk] }) } };

    @Module({
      imports: [
        ...(setup.importsBefore ?? []),
        InternalTokenModule.forRoot({ ...trust, service: 'gateway', keys, ...setup.internal }),
        InternalTokenIssuingModule.forIssuing({ ...trust, signing }),
        EdgeModule.forRoot({
          ...setup.edge,
          routes: {
            table: [...PUBLIC_ROUTES, ...reflectRoutes([...(setup.controllers ?? [])], 'extra')],
            ...setup.edge?.routes,
          },
          accessTokens: {
            issuers: [{ issuer: issuer.url, audience: AUDIENCE, jwksUri: `${issuer.url}/jwks` }],
            allowInsecureLoopback: true,
            ...setup.edge?.accessTokens,
          },
        }),
        ...(setup.imports ?? []),
      ],
      controllers: [
        OrdersController,
        CatalogController,
        InternalOrdersController,
        HealthController,
        ...(setup.controllers ?? []),
        PagesController,
      ],
      providers: [{ provide: APP_FILTER, useClass: InternalTokenProblemFilter }, ...(setup.providers ?? [])],
    })
    class GatewayModule {}

    try {
      const options = { logger: false, abortOnError: false } as const;
      const app =
        setup.platform === 'express'
          ? await NestFactory.create(GatewayModule, options)
          : await NestFactory.create(GatewayModule, new FastifyAdapter(), options);
      setup.prepare?.(app);
      await app.listen(0, setup.host ?? '127.0.0.1');
      const internal = await openInternalListener(app, { host: '127.0.0.1', port: 0 });
      const { port } = (app.getHttpServer() as Server).address() as AddressInfo;
      return new EdgeGateway(app, issuer, port, internal, app.get(InternalTokenIssuer, { strict: false }));
    } catch (error) {
      await issuer.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    (this.app.getHttpServer() as Server).closeAllConnections();
    await this.app.close();
    await this.issuer.close();
  }

  /** `Authorization: Bearer …` with a new access token. */
  bearer(claims: Record<string, unknown> = {}): string {
    return `Authorization: Bearer ${this.issuer.token(claims)}`;
  }

  /** An internal token that this gateway issued to another user. */
  async internalToken(scope = 'orders.read orders.write'): Promise<string> {
    return encodedToken(
      this.tokens.mint({
        tokenId: newTransactionId(),
        userId: 'root',
        tenantId: 'acme',
        permissions: ['orders:admin', 'orders:write'],
        scope,
        authenticated: true,
      }),
    );
  }

  /** A GET with these additional header lines, byte for byte. */
  get(path: string, ...lines: readonly string[]): Promise<RawResponse> {
    return this.send(head(`GET ${path} HTTP/1.1`, 'Host: api.example.test', ...lines));
  }

  send(bytes: string | readonly string[]): Promise<RawResponse> {
    return ask(this.port, bytes);
  }

  /** Reads until the gateway closes the connection. */
  untilClosed(bytes: string | readonly string[]): Promise<RawExchange> {
    return exchange(this.port, bytes);
  }
}

export function seenIn(response: RawResponse): Seen {
  return JSON.parse(response.body) as Seen;
}

export function problemIn(response: RawResponse): Readonly<Record<string, unknown>> {
  expect(response.headers['content-type']).toMatch(/^application\/problem\+json(;|$)/);
  const problem = JSON.parse(response.body) as Record<string, unknown>;
  expect(problem['request_id']).toBe(response.headers['x-request-id']);
  expect(problem['request_id']).toMatch(/^[0-9a-f]{32}$/);
  expect(problem['status']).toBe(response.status);
  return problem;
}
