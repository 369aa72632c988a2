import { Controller, Get, type INestApplication, Post } from '@nestjs/common';
import { createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NoInternalToken } from 'nestjs-internal-token';
import { ADAPTERS, type Parts, type Running, start } from '../../libs/internal-token/test/support/adapters.js';

@Controller('things')
class ThingsController {
  @Get()
  list() {
    return { listed: true };
  }

  @Post('open')
  @NoInternalToken()
  accept() {
    return { accepted: true };
  }
}

type Next = () => void;
type RouteHandler = (path: string, handler: (request: unknown, reply: { send(body: string): void }) => void) => void;

describe.each(ADAPTERS)('a request without a valid internal token, on $adapter', (row) => {
  const directory = mkdtempSync(join(tmpdir(), 'one-exit-'));
  const seen: string[] = [];
  let running: Running | undefined;
  beforeAll(() => writeFileSync(join(directory, 'secret.txt'), 'secret file'));
  afterAll(() => rmSync(directory, { recursive: true }));
  afterEach(async () => {
    seen.length = 0;
    await running?.app.close();
  });

  /** An application in which more than controllers' handlers answers. */
  const prepare = (app: INestApplication) => {
    app.use((request: IncomingMessage, _response: ServerResponse, next: Next) => {
      seen.push(`middleware ${request.url}`);
      next();
    });
    app.use('/docs', (_request: IncomingMessage, response: ServerResponse) => void response.end('API description'));
    app.use('/files', (request: IncomingMessage, response: ServerResponse) => {
      createReadStream(join(directory, request.url ?? '')).pipe(response);
    });
    const instance = app.getHttpAdapter().getInstance() as { get: RouteHandler };
    instance.get('/graphql', (_request, reply) => reply.send('data'));
  };
  const service = async (parts: Parts = {}) =>
    (running = await start(row, { controllers: [ThingsController], prepare, ...parts }));

  const exits = [
    ['a file', '/files/secret.txt', 'secret file'],
    ['what middleware answers', '/docs', 'API description'],
    ['a route of the adapter', '/graphql', 'data'],
    ['a handler', '/things', '{"listed":true}'],
  ] as const;

  it.each(exits)('R210: does not reach %s', async (_name, path, body) => {
    const { get, tokens } = await service();
    for (const token of [undefined, 'nonsense', tokens.expired()]) {
      const response = await get(path, token);
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toContain('realm=');
      expect(await response.text()).not.toContain(body);
    }
    expect(seen).toEqual([]);
    expect(await (await get(path, tokens.token())).text()).toBe(body);
    expect(seen).toEqual([`middleware ${path}`]);
  });

  it.each(['GET', 'POST', 'DELETE', 'OPTIONS', 'PROPFIND'])(
    'R210: cannot find out whether a path exists: %s is 401',
    async (method) => {
      const { url } = await service();
      for (const path of ['/things', '/nowhere', '/']) {
        expect((await fetch(url + path, { method })).status).toBe(401);
      }
      expect(seen).toEqual([]);
    },
  );

  it('R210: is refused at a handler beside a marked handler of the same method', async () => {
    const { url } = await service();
    const post = (path: string) => fetch(url + path, { method: 'POST', body: '{', headers: JSON_TYPE });
    expect((await post('/things')).status).toBe(401);
    expect((await post('/things/opened')).status).toBe(401);
    expect(seen).toEqual([]);
    expect((await post('/things/open')).status).toBe(400);
    expect(seen).toEqual(['middleware /things/open']);
  });

  it('R211: reaches a path of openPaths with GET and HEAD only, and no other path', async () => {
    const { get, url } = await service({ options: { openPaths: ['/docs', '/files/*'] } });
    expect(await (await get('/docs')).text()).toBe('API description');
    expect(await (await get('/files/secret.txt')).text()).toBe('secret file');
    expect((await fetch(`${url}/docs`, { method: 'HEAD' })).status).toBe(200);
    seen.length = 0;
    expect((await fetch(`${url}/docs`, { method: 'POST' })).status).toBe(401);
    for (const path of ['/docs/below', '/docsx', '/files', '/graphql']) {
      expect((await get(path)).status).toBe(401);
    }
    expect(seen).toEqual([]);
  });

  it('R211: does not reach a handler through openPaths', async () => {
    const { get } = await service({ options: { openPaths: ['/things'] } });
    expect((await get('/things')).status).toBe(401);
  });
});

const JSON_TYPE = { 'content-type': 'application/json' };
