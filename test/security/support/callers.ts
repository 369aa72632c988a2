import { request as httpsRequest, type RequestOptions } from 'node:https';
import type { Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Controller, type DynamicModule, Get, HttpCode, Post } from '@nestjs/common';
import { APP_FILTER, NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import {
  InternalTokenContext,
  InternalTokenModule,
  type InternalTokenOptions,
  NoInternalToken,
  RequireCaller,
  RequireScope,
  type SpanRecord,
  Tracer,
} from 'nestjs-internal-token';
import { CallerAuthenticator, MtlsCallerAuthenticator } from 'nestjs-internal-token/caller';
import { InternalTokenProblemFilter } from 'nestjs-internal-token/http';
import { TestTokenIssuer } from 'nestjs-internal-token/testing';
import { type Certificate, CertificateAuthority } from '../../support/certificate-authority.js';

export const GATEWAY = 'spiffe://shop.test/gateway';
export const ORDERS = 'spiffe://shop.test/orders';
export const BILLING = 'spiffe://shop.test/billing';

@Controller()
class StockController {
  constructor(private readonly context: InternalTokenContext) {}

  @Get('stock')
  @RequireScope('test')
  stock(): unknown {
    return { caller: this.context.caller };
  }

  @Post('stock')
  @HttpCode(200)
  @RequireScope('test')
  change(): unknown {
    return { caller: this.context.caller };
  }

  @Get('reserved')
  @RequireScope('test')
  @RequireCaller(ORDERS)
  reserved(): unknown {
    return { caller: this.context.caller };
  }

  @Get('health')
  @NoInternalToken()
  health(): unknown {
    return { caller: this.context.caller };
  }

  @Get('metrics')
  @NoInternalToken()
  @RequireCaller(BILLING)
  metrics(): unknown {
    return { caller: this.context.caller };
  }
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: { readonly caller?: string; readonly code?: string; readonly detail?: string };
}

export interface Ask {
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly as?: Certificate | undefined;
  /** Default: a valid one. */
  readonly token?: string | null;
  readonly options?: RequestOptions;
}

/** A service whose TLS requests client certificates and refuses none: the authenticator has to. */
export class CalledService {
  readonly spans: SpanRecord[] = [];

  private constructor(
    readonly app: NestFastifyApplication,
    readonly tokens: TestTokenIssuer,
    readonly authority: CertificateAuthority,
    readonly port: number,
  ) {
    app.get(Tracer).onEnd((record) => void this.spans.push(record));
  }

  static async start(
    authenticator: CallerAuthenticator | undefined = new MtlsCallerAuthenticator({ trustDomain: 'shop.test' }),
    options: Partial<InternalTokenOptions> = {},
  ): Promise<CalledService> {
    const authority = new CertificateAuthority();
    const tokens = new TestTokenIssuer({ trustDomain: 'shop.test' });
    const { cert, key } = authority.workload('spiffe://shop.test/inventory');
    const root: DynamicModule = {
      module: class CalledModule {},
      imports: [
        InternalTokenModule.forRoot({ service: 'inventory', trustDomain: 'shop.test', keys: tokens.keys, ...options }),
      ],
      controllers: [StockController],
      providers: [
        { provide: APP_FILTER, useClass: InternalTokenProblemFilter },
        ...(authenticator ? [{ provide: CallerAuthenticator, useValue: authenticator }] : []),
      ],
    };
    const https = { cert, key, ca: authority.pem, requestCert: true, rejectUnauthorized: false };
    const app = await NestFactory.create<NestFastifyApplication>(root, new FastifyAdapter({ https }), {
      logger: false,
      abortOnError: false,
    });
    await app.listen(0, '127.0.0.1');
    const { port } = (app.getHttpServer() as unknown as Server).address() as AddressInfo;
    return new CalledService(app, tokens, authority, port);
  }

  get origin(): string {
    return `https://localhost:${this.port}`;
  }

  ask({ path = '/stock', method = 'GET', headers = {}, as, token, options }: Ask = {}): Promise<Answer> {
    const internal = token === null ? {} : { 'Txn-Token': token ?? this.tokens.token() };
    return new Promise((resolve, reject) => {
      httpsRequest(
        {
          host: '127.0.0.1',
          port: this.port,
          servername: 'localhost',
          path,
          method,
          agent: false,
          ca: this.authority.pem,
          headers: { ...internal, ...headers },
          ...as,
          ...options,
        },
        (response) => {
          let text = '';
          response.setEncoding('utf8').on('data', (part: string) => (text += part));
          response.on('error', reject).on('end', () => {
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers as Record<string, string>,
              body: JSON.parse(text || '{}') as Answer['body'],
            });
          });
        },
      )
        .on('error', reject)
        .end();
    });
  }

  async close(): Promise<void> {
    this.app.getHttpServer().closeAllConnections();
    await this.app.close();
    this.authority.remove();
  }
}
