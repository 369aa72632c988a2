import { jest } from '@jest/globals';
import { HttpModule, HttpService } from '@nestjs/axios';
import { type INestApplicationContext, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import axios, {
  type AxiosError,
  type AxiosInstance,
  AxiosHeaders,
  type AxiosRequestConfig,
  type AxiosResponse,
} from 'axios';
import { Agent, ClientRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { text as textOf } from 'node:stream/consumers';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { firstValueFrom } from 'rxjs';
import { InternalTokenContext, InternalTokenModule } from 'nestjs-internal-token';
import { InternalTokenHttpModule } from 'nestjs-internal-token/http';
import { TestTokenIssuer } from 'nestjs-internal-token/testing';
import { Listener } from './support/outgoing.js';

const tokens = new TestTokenIssuer();
/** A reserved port, at which no server can listen. */
const NOBODY = 'http://127.0.0.1:1023';

async function startCaller(internalOrigins: string[], config: AxiosRequestConfig = {}) {
  @Module({
    imports: [
      InternalTokenModule.forRoot({ service: 'caller', trustDomain: 'test', keys: tokens.keys }),
      InternalTokenHttpModule.forRoot({ internalOrigins }),
      HttpModule.register(config),
    ],
  })
  class CallerModule {}
  return NestFactory.createApplicationContext(CallerModule, { logger: false, abortOnError: false });
}

/** The parts of a response that callers see, except the time it took. */
function shown({ status, statusText, headers, data }: AxiosResponse<unknown>) {
  return {
    status,
    statusText,
    data,
    headers: { ...AxiosHeaders.from(headers as AxiosHeaders).toJSON(), date: undefined },
  };
}

interface Received {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

describe('HttpService', () => {
  let inside: Listener;
  let outside: Listener;
  let app: INestApplicationContext;
  let overUndici: AxiosInstance;
  let stock: AxiosInstance;
  let received: Received[];

  const answerWith = (answer: (req: IncomingMessage, res: ServerResponse) => void) => {
    for (const peer of [inside, outside]) {
      peer.answer = (req, res) => {
        void textOf(req).then((body) => {
          received.push({ method: req.method, url: req.url, headers: req.headers, body });
          answer(req, res);
        });
      };
    }
  };

  beforeAll(async () => {
    inside = await new Listener().listen();
    outside = await new Listener().listen();
    app = await startCaller([inside.origin, NOBODY]);
    overUndici = app.get(HttpService).axiosRef;
    stock = axios.create();
  });
  beforeEach(() => {
    received = [];
    answerWith((_req, res) => void res.end('ok'));
  });
  afterAll(async () => {
    await app.close();
    inside.close();
    outside.close();
  });

  const as = <T>(fn: () => T): T => app.get(InternalTokenContext).run(tokens.claims({ userId: 'ada' }), fn);
  const call = (instance: AxiosInstance, config: AxiosRequestConfig) =>
    as(() => instance.request<unknown>({ url: `${inside.origin}/`, ...config }));
  const failureOf = async (instance: AxiosInstance, config: AxiosRequestConfig): Promise<AxiosError> => {
    const error: unknown = await call(instance, config).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (!axios.isAxiosError(error) && !axios.isCancel(error)) throw new Error(`Failed with ${String(error)}`);
    return error as AxiosError;
  };

  /** Makes the call with both adapters; what the caller and the peer see is the same. */
  const bothWays = async (config: AxiosRequestConfig) => {
    const ours = await call(overUndici, config);
    const theirs = await call(stock, config);
    expect(ours.request).not.toBeInstanceOf(ClientRequest);
    expect(theirs.request).toBeInstanceOf(ClientRequest);
    expect(shown(ours)).toEqual(shown(theirs));
    const [first, second] = received.slice(-2).map(({ headers, ...rest }) => {
      const { 'txn-token': token, traceparent: _span, connection: _kept, ...others } = headers;
      expect(token).toMatch(/^eyJ/);
      return { ...rest, headers: others };
    });
    expect(first).toEqual(second);
    return ours;
  };

  it('sends internal calls over undici, and calls elsewhere over its own adapter', async () => {
    expect((await call(overUndici, {})).request).not.toBeInstanceOf(ClientRequest);
    expect((await call(overUndici, { url: outside.origin })).request).toBeInstanceOf(ClientRequest);
    expect(received.map(({ headers }) => 'txn-token' in headers)).toEqual([true, false]);
  });

  it('is the same for callers of get() and post()', async () => {
    answerWith((_req, res) => void res.setHeader('content-type', 'application/json').end('{"stock":3}'));
    const http = app.get(HttpService);
    const got = await as(() => firstValueFrom(http.get(inside.origin)));
    const posted = await as(() => firstValueFrom(http.post(inside.origin, { amount: 2 })));
    expect([got.data, posted.data]).toEqual([{ stock: 3 }, { stock: 3 }]);
    expect(received.map(({ method, body }) => [method, body])).toEqual([
      ['GET', ''],
      ['POST', '{"amount":2}'],
    ]);
  });

  it.each<[string, AxiosRequestConfig]>([
    ['params', { params: { a: [1, 2], b: 'ü &' } }],
    ['params beside a query', { url: '/x?y=1', params: { a: 1 }, paramsSerializer: () => 'z=2' }],
    ['baseURL', { url: 'below/it' }],
    ['headers', { headers: { 'X-One': '1', 'X-Two': ['a', 'b'], 'User-Agent': 'shop', 'X-None': null } as never }],
    ['headers with characters that fields cannot have', { headers: { Accept: 'a/b', 'X-Latin': 'é' } }],
    ['DELETE', { method: 'DELETE' }],
    ['OPTIONS', { method: 'options' }],
    ['POST without a body', { method: 'POST' }],
    ['JSON', { method: 'PUT', data: { a: 'ü' } }],
    ['text', { method: 'PATCH', data: 'ü', headers: { 'Content-Type': 'text/plain' } }],
    ['bytes', { method: 'POST', data: Buffer.from([1, 2, 3]) }],
    ['an ArrayBuffer', { method: 'POST', data: new TextEncoder().encode('xyz').buffer }],
    ['URLSearchParams', { method: 'POST', data: new URLSearchParams({ a: '1' }) }],
    ['responseType json', { responseType: 'json' }],
    ['responseType text', { responseType: 'text' }],
    ['responseType arraybuffer', { responseType: 'arraybuffer' }],
    ['responseEncoding', { responseEncoding: 'latin1', responseType: 'text' }],
    ['its own transformations', { transformRequest: () => 'sent', transformResponse: () => 'got', method: 'POST' }],
    ['proxy: false', { proxy: false }],
    ['maxRedirects: 0', { maxRedirects: 0 }],
  ])('sends and receives the same as axios: %s', async (_what, { url, ...config }) => {
    answerWith((_req, res) => {
      res.writeHead(
        200,
        'Fine',
        [
          ['X-Twice', 'a'],
          ['x-twice', 'b'],
          ['Set-Cookie', 'a=1'],
          ['Set-Cookie', 'b=2'],
        ].flat(),
      );
      res.end('\uFEFF{"ü":1}');
    });
    await bothWays(url === undefined ? config : { baseURL: `${inside.origin}/api`, url, ...config });
  });

  it.each([
    ['gzip', gzipSync],
    ['x-gzip', gzipSync],
    ['deflate', deflateSync],
    ['deflate', deflateRawSync],
    ['br', brotliCompressSync],
    ['zstd', zstdCompressSync],
    ['unknown', (bytes: Buffer) => bytes],
  ])('decodes %s as axios does', async (coding, encode) => {
    answerWith((_req, res) => void res.setHeader('content-encoding', coding).end(encode(Buffer.from('{"a":1}'))));
    const { data } = await bothWays({});
    expect(data).toEqual({ a: 1 });
    await bothWays({ decompress: false, responseType: 'arraybuffer' });
  });

  it('fails when a body cannot be decoded', async () => {
    answerWith((_req, res) => void res.setHeader('content-encoding', 'gzip').end('plain'));
    for (const instance of [overUndici, stock]) {
      expect(await failureOf(instance, {})).toMatchObject({ name: 'Error', code: 'Z_DATA_ERROR' });
    }
  });

  describe('fails as axios does', () => {
    const failures = async (config: AxiosRequestConfig, expected: Partial<AxiosError> & object) => {
      for (const instance of [stock, overUndici]) {
        const error = await failureOf(instance, config);
        expect(error).toMatchObject(expected);
        expect(error.config?.url).toBe(config.url ?? `${inside.origin}/`);
      }
    };

    it.each([404, 503])('for status %i', async (status) => {
      answerWith((_req, res) => void res.writeHead(status, { 'content-type': 'application/json' }).end('{"a":1}'));
      await failures(
        {},
        {
          name: 'AxiosError',
          code: status < 500 ? 'ERR_BAD_REQUEST' : 'ERR_BAD_RESPONSE',
          message: `Request failed with status code ${status}`,
          status,
          response: expect.objectContaining({ status, data: { a: 1 } }) as never,
        },
      );
      expect((await bothWays({ validateStatus: (it) => it === status })).status).toBe(status);
      expect((await bothWays({ validateStatus: null })).status).toBe(status);
    });

    it('when nobody listens', async () => {
      await failures({ url: NOBODY }, { code: 'ECONNREFUSED', request: expect.anything() as never });
    });

    it('when the connection breaks before the answer', async () => {
      answerWith((_req, res) => void res.destroy());
      await failures({ method: 'POST' }, { code: 'ECONNRESET', request: expect.anything() as never });
    });

    it('when the time is over, before the head and within the body', async () => {
      answerWith(() => undefined);
      await failures({ timeout: 20 }, { code: 'ECONNABORTED', message: 'timeout of 20ms exceeded' });
      await failures(
        { timeout: 20, timeoutErrorMessage: 'late', transitional: { clarifyTimeoutError: true } },
        { code: 'ETIMEDOUT', message: 'late' },
      );
      answerWith((_req, res) => void res.write('begins'));
      const error = await failureOf(overUndici, { timeout: 20 });
      expect(error).toMatchObject({ code: 'ECONNABORTED', message: 'timeout of 20ms exceeded' });
    });

    it('when a body is too long', async () => {
      await failures({ method: 'POST', data: 'four', maxBodyLength: 3 }, { code: 'ERR_BAD_REQUEST' });
      expect(received).toEqual([]);
      await call(overUndici, { method: 'POST', data: 'four', maxBodyLength: 4 });
      answerWith((_req, res) => void res.end('four'));
      await failures(
        { maxContentLength: 3 },
        { code: 'ERR_BAD_RESPONSE', message: 'maxContentLength size of 3 exceeded' },
      );
      await call(overUndici, { maxContentLength: 4 });
      answerWith((_req, res) => void res.setHeader('content-encoding', 'gzip').end(gzipSync('a'.repeat(10_000))));
      await failures(
        { maxContentLength: 9_999 },
        { code: 'ERR_BAD_RESPONSE', message: 'maxContentLength size of 9999 exceeded' },
      );
      await call(overUndici, { maxContentLength: 10_000 });
    });

    it.each([
      [
        'an AbortSignal',
        () => {
          const controller = new AbortController();
          return { config: { signal: controller.signal }, cancel: () => controller.abort() };
        },
      ],
      [
        'a CancelToken',
        () => {
          const { token, cancel } = axios.CancelToken.source();
          return { config: { cancelToken: token }, cancel: () => cancel() };
        },
      ],
    ])('when it is canceled by %s', async (_by, make) => {
      for (const begin of [false, true]) {
        for (const instance of [stock, overUndici]) {
          const { config, cancel } = make();
          const gone = new Promise<void>((resolve) => {
            answerWith((_req, res) => {
              res.on('close', () => resolve());
              if (begin) res.write('begins');
              cancel();
            });
          });
          const error = await failureOf(instance, config);
          expect(error).toMatchObject({ name: 'CanceledError', code: 'ERR_CANCELED', message: 'canceled' });
          await gone;
        }
      }
    });

    it('keeps no listener on a signal', async () => {
      const { signal } = new AbortController();
      const removed = jest.spyOn(signal, 'removeEventListener');
      const added = jest.spyOn(signal, 'addEventListener');
      await call(overUndici, { signal });
      expect(removed.mock.calls).toEqual(added.mock.calls);
      expect(added).toHaveBeenCalledTimes(1);
    });
  });

  describe('follows redirects as axios does', () => {
    it.each([301, 302, 303, 307, 308])('with status %i', async (status) => {
      answerWith((req, res) => {
        if (req.url === '/to?it=1') return void res.end('arrived');
        res.writeHead(status, { location: '/to?it=1' }).end();
      });
      for (const method of ['GET', 'POST', 'PUT', 'HEAD']) {
        const requests = [];
        for (const instance of [overUndici, stock]) {
          received = [];
          const { data, request } = await call(instance, {
            method,
            baseURL: inside.origin,
            url: '/from',
            params: { a: 1 },
            headers: { authorization: 'Basic eDp5' },
            ...(method.startsWith('P') && { data: { a: 1 } }),
          });
          expect((request as ClientRequest & { res: { responseUrl: string } }).res.responseUrl).toBe(
            `${inside.origin}/to?it=1`,
          );
          requests.push({
            data,
            received: received.map(({ headers, ...rest }) => ({
              ...rest,
              type: headers['content-type'],
              sent: headers.authorization,
            })),
          });
        }
        expect(requests[0]).toEqual(requests[1]);
      }
    });

    it('takes no credentials to another origin', async () => {
      answerWith((req, res) => {
        if (req.url === '/to') return void res.end('arrived');
        res.writeHead(302, { location: `${outside.origin}/to` }).end();
      });
      const headers = { Authorization: 'Basic eDp5', Cookie: 'a=1', 'X-Other': 'stays' };
      await call(overUndici, { headers });
      expect(received).toHaveLength(2);
      expect(received[1]?.headers).toMatchObject({ 'x-other': 'stays' });
      for (const name of ['authorization', 'cookie', 'txn-token', 'traceparent']) {
        expect(received[1]?.headers).not.toHaveProperty(name);
      }
    });

    it.each([
      ['too often', '/again', 'ERR_FR_TOO_MANY_REDIRECTS'],
      ['to what is no address', 'http://', 'ERR_FR_REDIRECTION_FAILURE'],
      ['to data', 'data:text/plain,stolen', 'ERR_FR_REDIRECTION_FAILURE'],
    ])('and fails when redirected %s', async (_how, location, code) => {
      answerWith((_req, res) => void res.writeHead(302, { location }).end());
      for (const maxRedirects of [undefined, 1, 2]) {
        received = [];
        expect(await failureOf(overUndici, { ...(maxRedirects && { maxRedirects }) })).toMatchObject({ code });
        expect(received).toHaveLength(location === '/again' ? (maxRedirects ?? 21) + 1 : 1);
      }
    });

    it('unless it may not follow any', async () => {
      answerWith((_req, res) => void res.writeHead(302, { location: '/to' }).end());
      expect(await failureOf(overUndici, { maxRedirects: 0 })).toMatchObject({ status: 302, code: 'ERR_BAD_RESPONSE' });
      expect(received).toHaveLength(1);
    });
  });

  it.each<[string, () => AxiosRequestConfig]>([
    ['a stream as the answer', () => ({ responseType: 'stream' })],
    ['a stream as the body', () => ({ method: 'POST', data: Readable.from(['streamed']) })],
    ['a form', () => ({ method: 'POST', data: { name: 'ada' }, headers: { 'Content-Type': 'multipart/form-data' } })],
    ['FormData', () => ({ method: 'POST', data: Object.assign(new FormData(), {}) })],
    ['a Blob', () => ({ method: 'POST', data: new Blob(['streamed']) })],
    ['progress events', () => ({ onDownloadProgress: () => undefined })],
    ['an agent', () => ({ httpAgent: new Agent() })],
    ['credentials', () => ({ auth: { username: 'ada', password: 'x' } })],
    ['credentials in the URL', () => ({ url: inside.origin.replace('//', '//ada:x@') })],
    ['a Host field', () => ({ headers: { Host: new URL(inside.origin).host } })],
    ['a connection of its own', () => ({ headers: { Connection: 'close' } })],
    ['HEAD', () => ({ method: 'HEAD' })],
    ['a body of GET', () => ({ data: 'unusual' })],
    ['a field value that is not Latin-1', () => ({ headers: { 'X-Name': 'Ada ✓' } })],
    ['its adapter by name', () => ({ adapter: 'http' })],
  ])('leaves a call to axios that uses %s', async (_what, config) => {
    const { request } = await call(overUndici, config());
    expect(request).toBeInstanceOf(ClientRequest);
    expect(received[0]?.headers['txn-token']).toMatch(/^eyJ/);
  });

  it("runs interceptors, transformations and validateStatus in the caller's context", async () => {
    const { context, users } = { context: app.get(InternalTokenContext), users: [] as string[] };
    const note = () => void users.push(context.claims.userId ?? '');
    const id = overUndici.interceptors.response.use((response) => {
      note();
      return response;
    });
    const asking = async (userId: string) =>
      context.run(tokens.claims({ userId }), () =>
        overUndici.get(inside.origin, {
          validateStatus: () => (note(), true),
          transformResponse: (data: unknown) => (note(), data),
        }),
      );
    // The second call uses the connection that the first has opened.
    for (const user of ['ada', 'alan']) await asking(user);
    expect(users).toEqual([...Array<string>(3).fill('ada'), ...Array<string>(3).fill('alan')]);
    overUndici.interceptors.response.eject(id);
  });

  it('leaves an instance alone whose adapter the application has chosen, and gives back those it has changed', async () => {
    const chosen = await startCaller([inside.origin], { adapter: 'http' });
    expect(chosen.get(HttpService).axiosRef.defaults.adapter).toBe('http');
    await chosen.close();
    const usual = await startCaller([inside.origin]);
    const { defaults } = usual.get(HttpService).axiosRef;
    expect(defaults.adapter).toBeInstanceOf(Function);
    await usual.close();
    expect(defaults.adapter).toEqual(axios.defaults.adapter);
    expect(defaults.adapter).toBeInstanceOf(Array);
  });

  it('has headers of the same class', async () => {
    expect((await call(overUndici, {})).headers).toBeInstanceOf(AxiosHeaders);
  });
});
