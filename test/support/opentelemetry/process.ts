// Run as its own process by opentelemetry.spec.ts: one application of a small shop. Messages tell it what to be and ask
// what it recorded.
import 'reflect-metadata';
import { HttpModule, HttpService } from '@nestjs/axios';
import { Controller, type DynamicModule, Get, Inject, Post, Req } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { trace } from '@opentelemetry/api';
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { firstValueFrom } from 'rxjs';
import { AnyScope, InternalTokenModule, Public, RequireScope, type SpanRecord, Tracer } from 'nestjs-internal-token';
import {
  EdgeModule,
  InternalTokenIssuingModule,
  openInternalListener,
  reflectRoutes,
} from 'nestjs-internal-token/gateway';
import { InternalTokenHttpModule } from 'nestjs-internal-token/http';

export interface Setup {
  readonly service: 'gateway' | 'orders' | 'inventory';
  readonly privateKey?: string;
  readonly publicKey: string;
  readonly urls: Partial<Record<'orders' | 'inventory' | 'outside', string>>;
}

/** What a process reports when asked. */
export interface Recorded {
  readonly exported: readonly ExportedSpan[];
  readonly own: readonly OwnSpan[];
}

export interface ExportedSpan {
  readonly name: string;
  readonly kind: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly status?: number;
  readonly path?: string;
  readonly url?: string;
}

export type OwnSpan = Pick<
  SpanRecord,
  'service' | 'op' | 'kind' | 'traceId' | 'spanId' | 'parentSpanId' | 'status' | 'peer'
>;

declare global {
  // Set when the SDK is loaded.
  var exportedSpans: (() => ExportedSpan[]) | undefined;
}

type AnyRequest = IncomingMessage & { raw?: IncomingMessage };
const URLS = 'URLS';

/** Every trace header, as it arrived. */
function traceFields(request: AnyRequest): string[] {
  const { rawHeaders } = request.raw ?? request;
  return rawHeaders.flatMap((name, i) =>
    i % 2 === 0 && /^(?:trace|baggage|b3|x-b3)/i.test(name) ? [`${name.toLowerCase()}: ${rawHeaders[i + 1]}`] : [],
  );
}

@Controller('orders')
class OrdersController {
  constructor(
    @Inject(URLS) private readonly urls: Setup['urls'],
    private readonly http: HttpService,
  ) {}

  @Post()
  @Public()
  async place(@Req() request: AnyRequest) {
    const active = trace.getActiveSpan()?.spanContext();
    const byFetch = (await (await fetch(`${this.urls.inventory}/stock?by=fetch`)).json()) as unknown;
    const byAxios = await trace.getTracer('shop').startActiveSpan('pick', async (span) => {
      const { data } = await firstValueFrom(this.http.get<unknown>(`${this.urls.inventory}/stock?by=axios`));
      span.end();
      return data;
    });
    await (await fetch(`${this.urls.outside}/by-fetch`)).text();
    await firstValueFrom(this.http.get(`${this.urls.outside}/by-axios`));
    return { active, received: traceFields(request), byFetch, byAxios };
  }

  @Get('private')
  @RequireScope('orders.read')
  private(): string {
    return 'private';
  }
}

@Controller('stock')
class StockController {
  @Get()
  @AnyScope()
  @Public()
  stock(@Req() request: AnyRequest) {
    return { active: trace.getActiveSpan()?.spanContext(), received: traceFields(request) };
  }
}

const isSet = (entry: [string, string | undefined]): entry is [string, string] => entry[1] !== undefined;

function moduleOf({ service, urls, privateKey, publicKey }: Setup): DynamicModule {
  const trust = { trustDomain: 'shop.test' };
  const internalOrigins = Object.fromEntries(
    Object.entries({ orders: urls.orders, inventory: urls.inventory }).filter(isSet),
  );
  const imports: DynamicModule['imports'] = [
    InternalTokenModule.forRoot({ ...trust, service, keys: { publicKeys: [{ key: publicKey }] } }),
    InternalTokenHttpModule.forRoot({ internalOrigins }),
    HttpModule.register({}),
  ];
  if (service === 'gateway' && privateKey !== undefined) {
    imports.push(
      InternalTokenIssuingModule.forIssuing({ ...trust, service, signing: { key: privateKey } }),
      EdgeModule.forRoot({
        routes: {
          table: [...reflectRoutes([OrdersController], 'orders'), ...reflectRoutes([StockController], 'inventory')],
        },
        accessTokens: {
          issuers: [{ issuer: 'https://login.example', audience: 'shop', jwksUri: 'https://login.example/jwks' }],
        },
        ...(urls.orders !== undefined && { forwarding: { upstreams: { orders: { origin: urls.orders } } } }),
      }),
    );
  }
  const controllers = {
    gateway: [OrdersController, StockController],
    orders: [OrdersController],
    inventory: [StockController],
  };
  return {
    module: class ShopModule {},
    imports,
    controllers: controllers[service],
    providers: [{ provide: URLS, useValue: urls }],
  };
}

async function run(setup: Setup): Promise<void> {
  const adapter = setup.service === 'orders' ? new ExpressAdapter() : new FastifyAdapter();
  const app = await NestFactory.create(moduleOf(setup), adapter, { logger: false, abortOnError: false });
  const own: OwnSpan[] = [];
  app.get(Tracer, { strict: false }).onEnd((record) => {
    const { service, op, kind, traceId, spanId, parentSpanId, status, peer } = record;
    own.push({
      service,
      op,
      kind,
      traceId,
      spanId,
      status,
      ...(parentSpanId && { parentSpanId }),
      ...(peer && { peer }),
    });
  });
  await app.listen(0, '127.0.0.1');
  const { port } = (app.getHttpServer() as Server).address() as AddressInfo;
  const internal =
    setup.service === 'gateway' ? (await openInternalListener(app, { host: '127.0.0.1', port: 0 })).port : undefined;
  process.on('message', () => process.send?.({ exported: globalThis.exportedSpans?.() ?? [], own } satisfies Recorded));
  process.send?.({ port, internal });
}

process.once('message', (setup) => void run(setup as Setup));
process.once('disconnect', () => process.exit(0));
