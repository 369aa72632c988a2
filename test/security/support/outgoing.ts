import { HttpModule, HttpService } from '@nestjs/axios';
import { type INestApplicationContext, Logger, Module, type Provider } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import axios, { type AxiosRequestConfig } from 'axios';
import { once } from 'node:events';
import { createServer, type IncomingMessage, request as httpRequest, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { firstValueFrom } from 'rxjs';
import { Agent, fetch as undiciFetch, interceptors, Pool, request as undiciRequest } from 'undici';
import { InternalTokenContext, InternalTokenModule, type VerifiedClaims } from 'nestjs-internal-token';
import { InternalTokenHttpModule, type InternalTokenHttpOptions } from 'nestjs-internal-token/http';
import { OutgoingPropagation } from '../../../libs/internal-token/src/http/outgoing/outgoing-propagation.js';
import { TestTokenIssuer } from 'nestjs-internal-token/testing';

/** A request as it was received. */
export class Received {
  constructor(
    readonly method: string,
    readonly url: string,
    readonly rawHeaders: readonly string[],
  ) {}

  /** Every value of a header, matched by name without case. */
  all(name: string): string[] {
    return this.rawHeaders.filter((_, i) => i % 2 === 1 && this.rawHeaders[i - 1]?.toLowerCase() === name);
  }

  /** Every value of every header that a server might take for the token. */
  get tokens(): string[] {
    return this.rawHeaders.filter((_, i) => i % 2 === 1 && /^txn[-_]token$/i.test(this.rawHeaders[i - 1] ?? ''));
  }
}

/** A real server that records what it was sent. */
export class Peer {
  readonly received: Received[] = [];
  readonly #server = createServer((req, res) => {
    this.received.push(new Received(req.method ?? '', req.url ?? '', req.rawHeaders));
    this.answer(req, res);
  });
  answer: (req: IncomingMessage, res: ServerResponse) => void = (_req, res) => void res.end('ok');

  async listen(host = '127.0.0.1'): Promise<this> {
    this.#server.listen(0, host);
    await once(this.#server, 'listening');
    // A test that fails half way must not keep the runner waiting.
    this.#server.unref();
    return this;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get last(): Received {
    const last = this.received.at(-1);
    if (last === undefined) throw new Error('Nothing was received');
    return last;
  }

  on(event: 'connect' | 'connection', listener: (...args: never[]) => void): void {
    this.#server.on(event, listener as (...args: unknown[]) => void);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

export interface Call {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

export interface Answer {
  readonly status: number;
  readonly text: string;
}

/** An application that calls others and has no server of its own. */
export interface Caller {
  readonly app: INestApplicationContext;
  readonly tokens: TestTokenIssuer;
  readonly context: InternalTokenContext;
  readonly propagation: OutgoingPropagation;
  readonly http: HttpService;
  /** Runs with the claims of a user. */
  as<T>(user: string | VerifiedClaims, fn: () => T): T;
  close(): Promise<void>;
}

export async function startCaller(
  options: InternalTokenHttpOptions,
  service = 'caller',
  providers: Provider[] = [],
): Promise<Caller> {
  const tokens = new TestTokenIssuer();
  @Module({
    imports: [
      InternalTokenModule.forRoot({ service, trustDomain: 'test', keys: tokens.keys }),
      InternalTokenHttpModule.forRoot(options),
      HttpModule.register({ validateStatus: () => true }),
    ],
    providers,
  })
  class CallerModule {}
  const app = await NestFactory.createApplicationContext(CallerModule, { logger: false, abortOnError: false });
  Logger.overrideLogger(false);
  const context = app.get(InternalTokenContext);
  return {
    app,
    tokens,
    context,
    propagation: app.get(OutgoingPropagation),
    http: app.get(HttpService),
    as: (user, fn) => context.run(typeof user === 'string' ? tokens.claims({ userId: user }) : user, fn),
    close: () => app.close(),
  };
}

export type Client = (url: string, call?: Call) => Promise<Answer>;

/** The clients that applications use, following redirects where they can. */
export function clientsOf(caller: () => Caller): { client: string; call: Client; follows: boolean }[] {
  return [
    { client: 'fetch', call: byFetch, follows: true },
    { client: "undici's fetch", call: (url, call = {}) => read(undiciFetch(url, { ...call })), follows: true },
    {
      client: "undici's request()",
      call: async (url, call = {}) => {
        const dispatcher = new Agent().compose(interceptors.redirect({ maxRedirections: 3 }));
        const { statusCode, body } = await undiciRequest(url, { ...call, method: method(call), dispatcher });
        return { status: statusCode, text: await body.text() };
      },
      follows: true,
    },
    {
      client: "undici's request() with the global dispatcher",
      call: async (url, call = {}) => {
        const { statusCode, body } = await undiciRequest(url, { ...call, method: method(call) });
        return { status: statusCode, text: await body.text() };
      },
      follows: false,
    },
    {
      client: "undici's Pool",
      call: async (url, call = {}) => {
        const { origin, pathname } = new URL(url);
        const pool = new Pool(origin, { connections: 1 });
        try {
          const { statusCode, body } = await pool.request({ ...call, method: method(call), path: pathname });
          return { status: statusCode, text: await body.text() };
        } finally {
          void pool.destroy();
        }
      },
      follows: false,
    },
    { client: 'node:http', call: byNode, follows: false },
    {
      client: 'axios',
      call: (url, call = {}) => byAxios(axios.create({ validateStatus: () => true }), url, call),
      follows: true,
    },
    {
      client: 'axios over fetch',
      call: (url, call = {}) => byAxios(axios.create({ validateStatus: () => true, adapter: 'fetch' }), url, call),
      follows: true,
    },
    { client: 'HttpService', call: (url, call) => byHttpService(caller().http, url, call), follows: true },
    {
      client: "HttpService over axios' own adapter",
      call: (url, call) => byHttpService(caller().http, url, call, { adapter: 'http' }),
      follows: true,
    },
  ];
}

function method(call: Call): 'GET' | 'POST' {
  return (call.method ?? 'GET') as 'GET' | 'POST';
}

function byFetch(url: string, call: Call = {}): Promise<Answer> {
  return read(fetch(url, { ...call }));
}

async function read(response: Promise<{ status: number; text(): Promise<string> }>): Promise<Answer> {
  const { status, text } = await response.then(async (it) => ({ status: it.status, text: await it.text() }));
  return { status, text };
}

async function byAxios(
  instance: ReturnType<typeof axios.create>,
  url: string,
  { body, ...call }: Call,
): Promise<Answer> {
  const response = await instance.request({
    url,
    ...call,
    ...(body !== undefined && { data: body }),
    responseType: 'text',
  });
  return { status: response.status, text: String(response.data) };
}

async function byHttpService(
  http: HttpService,
  url: string,
  { body, ...call }: Call = {},
  options: AxiosRequestConfig = {},
): Promise<Answer> {
  const data = body === undefined ? {} : { data: body };
  const response = await firstValueFrom(http.request({ url, ...call, ...data, ...options, responseType: 'text' }));
  return { status: response.status, text: String(response.data) };
}

async function byNode(url: string, { body, ...call }: Call = {}): Promise<Answer> {
  const request = httpRequest(url, call);
  request.end(body);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of response) text += String(chunk);
  return { status: response.statusCode ?? 0, text };
}

/**
 * The code of the typed error inside a client's rejection. Node's fetch keeps only the message of errors
 * from another realm, and everything in a test runner's sandbox is another realm.
 */
export async function refusalOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return 'no error';
  } catch (error) {
    for (let cause = error; typeof cause === 'object' && cause !== null; cause = (cause as { cause?: unknown }).cause) {
      if ((cause as Error).name === 'InternalTokenError') return (cause as { code: string }).code;
      const quoted = /^InternalTokenError: .*?\((\w+)\)/.exec((cause as Error).message);
      if (quoted?.[1] !== undefined) return quoted[1];
    }
    return `another error: ${String(error)}`;
  }
}

/** A caller with one trusted and one untrusted peer, started and stopped with the suite. */
export function useCallerWithPeers(
  options: (peers: { inside: Peer; outside: Peer }) => InternalTokenHttpOptions = ({ inside }) => ({
    internalOrigins: { orders: inside.origin },
  }),
): { caller: Caller; inside: Peer; outside: Peer } {
  const world = {} as { caller: Caller; inside: Peer; outside: Peer };
  beforeAll(async () => {
    world.inside = await new Peer().listen();
    world.outside = await new Peer().listen();
    world.caller = await startCaller(options(world));
  });
  afterAll(async () => {
    await world.caller.close();
    await Promise.all([world.inside.close(), world.outside.close()]);
  });
  beforeEach(() => {
    for (const peer of [world.inside, world.outside]) {
      peer.received.length = 0;
      peer.answer = (_req, res) => void res.end('ok');
    }
  });
  return world;
}
