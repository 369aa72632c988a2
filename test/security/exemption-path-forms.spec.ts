import { Controller, Get } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:http';
import { NoInternalToken } from 'nestjs-internal-token';
import { type AdapterRow, ADAPTERS, type Running, start } from '../../libs/internal-token/test/support/adapters.js';

@Controller('health')
class HealthController {
  @Get()
  @NoInternalToken()
  live() {
    return 'live';
  }
}

@Controller('files')
class FilesController {
  @Get(':name')
  @NoInternalToken()
  file() {
    return 'file';
  }
}

@Controller('secrets')
class SecretsController {
  @Get()
  list() {
    return 'secrets';
  }
}

const STRICT: readonly AdapterRow[] = [
  {
    adapter: 'Express',
    createAdapter: () => {
      const adapter = new ExpressAdapter();
      // What `case sensitive routing` and `strict routing` say to the router when it is made.
      const { router } = adapter.getInstance<{ router: object }>();
      Object.assign(router, { caseSensitive: true, strict: true });
      return adapter;
    },
  },
  {
    adapter: 'Fastify',
    createAdapter: () =>
      new FastifyAdapter({ routerOptions: { caseSensitive: false, ignoreTrailingSlash: true } }) as never,
  },
];

/** Sends the path as it is, which fetch() would normalize. */
function statusOf(port: number, path: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sent = request({ port, host: '127.0.0.1', path }, (response: IncomingMessage) => {
      response.resume();
      resolve(response.statusCode);
    });
    sent.on('error', reject).end();
  });
}

describe.each(ADAPTERS)('spellings of an exempt path, on $adapter', (row) => {
  const reached: string[] = [];
  let running: Running;
  beforeAll(async () => {
    running = await start(row, {
      controllers: [HealthController, FilesController, SecretsController],
      options: { openPaths: ['/docs/*'] },
      prepare: (app) =>
        app.use((message: IncomingMessage, _response: unknown, next: () => void) => {
          reached.push(message.url ?? '');
          next();
        }),
    });
  });
  beforeEach(() => void (reached.length = 0));
  afterAll(() => running.app.close());

  it.each(['/health', '/health?x=%2f', '/files/a', '/files/a%20b', '/files/caf%C3%A9'])(
    'R212: admits %s without a token',
    async (path) => {
      expect(await statusOf(running.port, path)).toBe(200);
      expect(reached).toEqual([path]);
    },
  );

  it.each([
    '/health%2f',
    '/health%2F..',
    '/health%2f..%2fsecrets',
    '/health/..',
    '/health/../secrets',
    '/health/%2e%2e/secrets',
    '/health/.%2e/secrets',
    '/files/..',
    '/files/%2e%2e',
    '/files/..%2fsecrets',
    '/files/a%2fb',
    '/files/a%5cb',
    '/files/a\\b',
    '/files/a%2e',
    '/files/a%3bx',
    '/files/a;x',
    '/files/a%252fb',
    '/files/%00',
    '/files/%',
    '/files/%zz',
    '/files/a%0d%0ab',
    '/health;x',
    '/health;/secrets',
    '/health%3Bx',
    '//health',
    '/health//',
    '//secrets/../health',
    '/./health',
    '/%68ealth',
    '/healt%68',
    '/health%00',
    '/health%20',
    '/health#',
    '/docs/../secrets',
    '/docs/%2e%2e/secrets',
    '/docs/..%2fsecrets',
    '/docs//x',
    '/Docs%2fx',
    'http://127.0.0.1/health',
    '*',
  ])('R212: requires a token for %s', async (path) => {
    expect(await statusOf(running.port, path)).toBe(401);
    expect(reached).toEqual([]);
  });

  it.each(['/HEALTH', '/health/'])(
    'R212: admits %s without a token only if the adapter routes it to the exempt path',
    async (path) => {
      expect(await statusOf(running.port, path)).toBe(row.adapter === 'Express' ? 200 : 401);
      expect(reached).toEqual(row.adapter === 'Express' ? [path] : []);
    },
  );
});

describe.each(STRICT)('spellings of an exempt path with non-default routing, on $adapter', (row) => {
  let running: Running;
  beforeAll(async () => {
    running = await start(row, { controllers: [HealthController] });
  });
  afterAll(() => running.app.close());

  it.each(['/HEALTH', '/health/', '/Health/'])(
    'R212: admits %s without a token only if the adapter routes it to the exempt path',
    async (path) => {
      expect(await statusOf(running.port, '/health')).toBe(200);
      expect(await statusOf(running.port, path)).toBe(row.adapter === 'Express' ? 401 : 200);
    },
  );
});
