import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { channel } from 'node:diagnostics_channel';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as undici from 'undici';
import { internalTokenInterceptor } from 'nestjs-internal-token/http';
import { refusalOf, useCallerWithPeers } from './support/outgoing.js';

describe("the application's own dispatcher", () => {
  const world = useCallerWithPeers();
  const paths = () => world.inside.received.map(({ url }) => url);

  describe.each([
    ['Agent', () => new undici.Agent()],
    ['Pool', () => new undici.Pool(world.inside.origin)],
    ['Client', () => new undici.Client(world.inside.origin, { pipelining: 4 })],
    ['RetryAgent', () => new undici.RetryAgent(new undici.Agent())],
    ['BalancedPool', () => new undici.BalancedPool([world.inside.origin])],
  ])('of class %s', (_name, make) => {
    it("R89, R93: sends the context's one token; R97: sends nothing without a context", async () => {
      const dispatcher: undici.Dispatcher = make();
      const call = () =>
        dispatcher.request({
          origin: world.inside.origin,
          path: '/',
          method: 'GET',
          headers: ['Txn-Token', 'eyJ.mine'],
        });
      await (await world.caller.as('ada', call)).body.dump();
      expect(world.inside.last.tokens).toHaveLength(1);
      expect(world.inside.last.tokens).not.toContain('eyJ.mine');
      expect(await refusalOf(call())).toBe('txn_no_context');
      expect(world.inside.received).toHaveLength(1);
      await dispatcher.destroy();
    });
  });

  it('R91: strips the header from external requests, given as a list, pairs or an object', async () => {
    const dispatcher = new undici.Agent();
    for (const headers of [['Txn-Token', 'eyJ'], new Map([['txn_token', 'eyJ']]), { 'TXN-TOKEN': 'eyJ' }]) {
      const call = () => dispatcher.request({ origin: world.outside.origin, path: '/', method: 'GET', headers });
      await (await world.caller.as('ada', call)).body.dump();
      expect(world.outside.last.tokens).toEqual([]);
    }
    await dispatcher.close();
  });

  it('R94: under deduplicate(), shares no response between callers if internalTokenInterceptor() is installed', async () => {
    const { caller, inside } = world;
    inside.answer = (req, res) => void setTimeout(() => res.end(String(req.headers['txn-token'])), 20);
    const dispatcher = new undici.Agent().compose(undici.interceptors.deduplicate(), internalTokenInterceptor());
    const users = ['ada', 'alan', 'grace'];
    const answers = await Promise.all(
      users.map((user) =>
        caller.as(user, async () => (await undici.request(`${inside.origin}/`, { dispatcher })).body.text()),
      ),
    );
    const verifier = await caller.tokens.verifier();
    expect(await Promise.all(answers.map(async (token) => (await verifier.verify(token)).userId))).toEqual(users);
    expect(JSON.stringify(inside.received)).not.toContain('x-internal-token-context');
    await dispatcher.close();
  });

  it('R94: sends no token with a request repeated after its call has ended', async () => {
    const { caller, inside } = world;
    let headers: undici.Dispatcher.DispatchOptions['headers'];
    const keep: undici.Dispatcher.DispatcherComposeInterceptor = (dispatch) => (options, handler) => {
      headers = options.headers;
      return dispatch(options, handler);
    };
    const dispatcher = new undici.Agent();
    const call = { origin: inside.origin, path: '/', method: 'GET' } as const;
    const interceptors = [keep, internalTokenInterceptor()];
    await caller.as('ada', async () => (await dispatcher.compose(interceptors).request(call)).body.dump());
    expect(inside.last.tokens).toHaveLength(1);
    const repeated = caller.as('alan', () =>
      dispatcher.request({ ...call, headers: headers as Record<string, string> }),
    );
    expect(await refusalOf(repeated)).toBe('txn_no_context');
    expect(inside.received).toHaveLength(1);
    await dispatcher.close();
  });

  it('R94: internalTokenInterceptor() passes on every event of a request', async () => {
    const events: string[] = [];
    const heard = new Proxy({} as undici.Dispatcher.DispatchHandler, {
      get: (_target, name) => (String(name).startsWith('on') ? () => void events.push(String(name)) : undefined),
      has: () => true,
    });
    const client = new undici.Client(world.inside.origin).compose(internalTokenInterceptor());
    world.caller.as('ada', () => client.dispatch({ path: '/', method: 'POST', body: 'x' }, heard));
    await client.close();
    expect(events).toEqual([
      'onRequestStart',
      'onBodySent',
      'onRequestSent',
      'onResponseStarted',
      'onResponseStart',
      'onResponseData',
      'onResponseEnd',
    ]);
  });

  it('R161: gets no further token, with one log line, when its undici copy answers a request whose headers it did not announce', () => {
    const errors: unknown[] = [];
    const warnings: string[] = [];
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation((text: string) => void warnings.push(text));
    class SilentRequest {
      readonly origin = world.inside.origin;
      readonly method = 'GET';
      readonly path = '/';
      readonly headers: unknown[] = [];
      addHeader(...field: string[]): void {
        this.headers.push(...field);
      }
      abort(error: unknown): void {
        errors.push(error);
      }
    }
    const make = (): SilentRequest => {
      const request = new SilentRequest();
      const dispatch = internalTokenInterceptor()(({ headers }) => {
        request.headers.push(...Object.entries(headers ?? {}).flat());
        channel('undici:request:create').publish({ request });
        return true;
      });
      world.caller.as('ada', () => dispatch({ path: '/', method: 'GET' }, {}));
      return request;
    };
    const [first, second] = [make(), make()];
    expect(first.headers).toContain('Txn-Token');
    for (const request of [first, second]) {
      channel('undici:request:headers').publish({ request, response: { statusCode: 200 } });
    }
    for (const request of [first, second]) channel('undici:request:trailers').publish({ request });
    expect(make().headers).toEqual([]);
    expect(errors).toMatchObject([{ code: 'internal_call_unsafe' }]);
    expect(warnings).toEqual([expect.stringContaining('gets no more tokens until this process restarts')]);
    warn.mockRestore();
  });

  describe('from another copy of undici', () => {
    let folder: string;
    let other: typeof undici;
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'undici-'));
      const here = createRequire(import.meta.url);
      cpSync(dirname(here.resolve('undici')), join(folder, 'undici'), { recursive: true });
      other = createRequire(join(folder, 'index.js'))('./undici/index.js') as typeof undici;
    });
    afterAll(() => rmSync(folder, { recursive: true }));

    it("R94: is refused at internal origins, as it may queue a request and send it in another's context", async () => {
      const { attached, refused } = world.caller.propagation;
      const dispatcher = new other.Agent({ connections: 1 });
      const call = () => dispatcher.request({ origin: world.inside.origin, path: '/', method: 'GET' });
      expect(await refusalOf(world.caller.as('ada', call))).toBe('internal_call_unsafe');
      await expect(world.caller.as('ada', call)).rejects.toThrow('internalTokenInterceptor()');
      expect(world.inside.received).toEqual([]);
      expect(world.caller.propagation).toMatchObject({ attached, refused: refused + 2 });
      await dispatcher.destroy();
    });

    it('R91: sends no token to external hosts', async () => {
      const dispatcher = new other.Agent();
      const headers = { 'Txn-Token': 'eyJ' };
      const call = () => dispatcher.request({ origin: world.outside.origin, path: '/', method: 'GET', headers });
      await (await world.caller.as('ada', call)).body.dump();
      expect(world.outside.last.tokens).toEqual([]);
      await dispatcher.close();
    });

    it("R94: sends each user's own token through one connection with internalTokenInterceptor()", async () => {
      const { caller, inside, outside } = world;
      const dispatcher = new other.Agent({ connections: 1 }).compose(
        other.interceptors.redirect({ maxRedirections: 2 }) as undici.Dispatcher.DispatcherComposeInterceptor,
        internalTokenInterceptor(),
      );
      inside.answer = (req, res) => {
        if (req.url === '/away') return void res.writeHead(307, { location: `${outside.origin}/stolen` }).end();
        res.end();
      };
      const users = Array.from({ length: 30 }, (_, i) => `user-${i}`);
      await Promise.all(
        users.map((user) =>
          caller.as(user, async () => {
            const { body } = await dispatcher.request({ origin: inside.origin, path: `/${user}`, method: 'GET' });
            await body.dump();
          }),
        ),
      );
      const verifier = await caller.tokens.verifier();
      expect(paths()).toHaveLength(users.length);
      for (const { url, tokens } of inside.received) {
        expect((await verifier.verify(tokens[0] ?? '')).userId).toBe(url.slice(1));
      }
      await caller.as('ada', async () => {
        await (await dispatcher.request({ origin: inside.origin, path: '/away', method: 'GET' })).body.dump();
      });
      expect(outside.last.tokens).toEqual([]);
      expect(JSON.stringify([inside.received, outside.received])).not.toContain('x-internal-token-context');
      await dispatcher.close();
    });
  });
});
