import {
  All,
  Controller,
  Get,
  type INestApplication,
  type LoggerService,
  Post,
  type Type,
  Version,
  VERSION_NEUTRAL,
  VersioningType,
} from '@nestjs/common';
import { RouterModule } from '@nestjs/core';
import { RouteConstraints } from '@nestjs/platform-fastify';
import { request } from 'node:http';
import { NoInternalToken } from 'nestjs-internal-token';
import { ADAPTERS, type Parts, type Running, start } from './support/adapters.js';

@Controller(['health', 'alive'])
@NoInternalToken()
class HealthController {
  @Get(['ready', 'live'])
  probe() {
    return 'open';
  }

  @All('all')
  all() {
    return 'open';
  }

  @Post()
  post() {
    return 'open';
  }
}

@Controller({ path: 'items', version: '1' })
class ItemsV1 {
  @Get()
  @NoInternalToken()
  list() {
    return 'open';
  }

  @Get('both')
  @NoInternalToken()
  both() {
    return 'open';
  }

  @Get('neutral')
  @Version(VERSION_NEUTRAL)
  @NoInternalToken()
  neutral() {
    return 'open';
  }
}

@Controller({ path: 'items', version: '2' })
class ItemsV2 {
  @Get()
  list() {
    return 'closed';
  }

  @Get('both')
  @NoInternalToken()
  both() {
    return 'open';
  }
}

@Controller({ path: 'tenant', host: 'open.example' })
class OpenHostController {
  @Get()
  @NoInternalToken()
  open() {
    return 'open';
  }
}

@Controller({ path: 'tenant', host: 'closed.example' })
class ClosedHostController {
  @Get()
  closed() {
    return 'closed';
  }
}

@Controller('things')
class IdController {
  @Get(':id')
  one() {
    return 'closed';
  }
}

@Controller('things')
class PingController {
  @Get('ping')
  @NoInternalToken()
  ping() {
    return 'open';
  }
}

@Controller('wild')
class MiddleWildcardController {
  @Get('*path/end')
  end() {
    return 'closed';
  }
}

@Controller('wild')
class OpenBelowController {
  @Get(':a/:b')
  @NoInternalToken()
  below() {
    return 'open';
  }
}

@Controller('unreadable')
class UnreadableController {
  @Get('*path/end')
  @NoInternalToken()
  end() {}
}

@Controller('groups')
class GroupsController {
  @Get('list{/:page}')
  @NoInternalToken()
  list() {
    return 'open';
  }

  @Get('files/*path')
  @NoInternalToken()
  file() {
    return 'open';
  }
}

@Controller('constrained')
class ConstrainedController {
  @Get()
  @RouteConstraints({ host: 'open.example' })
  @NoInternalToken()
  open() {
    return 'open';
  }

  @Get()
  @RouteConstraints({ host: 'closed.example' })
  closed() {
    return 'closed';
  }
}

class Listening implements LoggerService {
  readonly lines: string[] = [];
  readonly log = (line: unknown) => void this.lines.push(String(line));
  readonly warn = this.log;
  readonly error = this.log;
}

describe.each(ADAPTERS)('Handlers without a token, on $adapter', (row) => {
  let running: Running | undefined;
  /** Requests that came past the hook. */
  const reached: string[] = [];
  afterEach(async () => {
    reached.length = 0;
    await running?.app.close();
    running = undefined;
  });

  const service = async (controllers: Type[], prepare?: Parts['prepare'], parts: Parts = {}) => {
    const watch = (app: INestApplication) => {
      prepare?.(app);
      app.use((message: { url: string }, _response: unknown, next: () => void) => {
        reached.push(message.url);
        next();
      });
    };
    running = await start(row, { controllers, ...parts, prepare: watch });
  };
  const ask = (path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const sent = request({ port: running!.port, host: '127.0.0.1', path, headers, method }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      sent.on('error', reject).end();
    });
  const expectOpen = async (path: string, headers: Record<string, string> = {}, method = 'GET') => {
    const status = await ask(path, headers, method);
    expect([path, headers, status]).toEqual([path, headers, method === 'POST' ? 201 : 200]);
  };
  /** Refused before anything behind the hook saw the request. */
  const expectClosed = async (path: string, headers: Record<string, string> = {}, method = 'GET') => {
    reached.length = 0;
    expect([path, headers, await ask(path, headers, method)]).toEqual([path, headers, 401]);
    expect(reached).toEqual([]);
  };
  const header = (app: INestApplication) =>
    app.enableVersioning({ type: VersioningType.HEADER, header: 'X-Version', defaultVersion: '1' });

  it('R212: are found under each of their paths, and for their methods only', async () => {
    await service([HealthController]);
    for (const path of ['/health/ready', '/health/live', '/alive/ready', '/alive/live']) {
      await expectOpen(path);
      await expectOpen(path, {}, 'HEAD');
      await expectClosed(path, {}, 'POST');
    }
    for (const method of ['GET', 'PUT', 'DELETE', 'OPTIONS']) await expectOpen('/health/all', {}, method);
    await expectOpen('/alive', {}, 'POST');
    await expectClosed('/alive');
    await expectClosed('/health/ready/now');
  });

  it('R212: are found with the global prefix, its exclusions, the version and the path of RouterModule', async () => {
    class NestedModule {}
    const logger = new Listening();
    const prepare = (app: INestApplication) => {
      app.setGlobalPrefix('api', { exclude: ['health/live'] });
      app.enableVersioning({ type: VersioningType.URI, defaultVersion: VERSION_NEUTRAL });
    };
    await service([HealthController, ItemsV1, ItemsV2], prepare, {
      logger,
      imports: [
        { module: NestedModule, controllers: [PingController] },
        RouterModule.register([{ path: 'nested', module: NestedModule }]),
      ],
    });
    for (const path of [
      '/api/health/ready',
      '/health/live',
      '/api/v1/items',
      '/api/v2/items/both',
      '/api/items/neutral',
    ])
      await expectOpen(path);
    await expectOpen('/api/nested/things/ping');
    for (const path of ['/health/ready', '/api/health/live', '/items', '/api/v2/items', '/v1/items', '/api/items'])
      await expectClosed(path);
    await expectClosed('/things/ping');
    expect(logger.lines.join('\n')).toMatch(
      /no internal token: .*PingController\.ping \(GET \/api\/nested\/things\/ping\)/,
    );
    expect(logger.lines.join('\n')).toContain('HealthController.probe (GET /health/live)');
  });

  it('R212: are told from other versions of their path by the field that names it', async () => {
    await service([ItemsV1, ItemsV2, HealthController], header);
    await expectOpen('/items', { 'X-Version': '1' });
    await expectClosed('/items', { 'X-Version': '2' });
    await expectClosed('/items', { 'X-Version': '3' });
    await expectClosed('/items');
    await expectOpen('/items/neutral');
    await expectOpen('/items/neutral', { 'X-Version': '9' });
    await expectOpen('/health/ready', { 'X-Version': '1' });
    await expectClosed('/health/ready');
  });

  it('R212: are told from other versions of their path by the media type', async () => {
    await service([ItemsV1, ItemsV2], (app) => app.enableVersioning({ type: VersioningType.MEDIA_TYPE, key: 'v=' }));
    await expectOpen('/items', { accept: 'application/json;v=1' });
    await expectClosed('/items', { accept: 'application/json;v=2' });
    await expectClosed('/items');
  });

  it('R212: are open only with every other of their path where an extractor chooses', async () => {
    const extractor = (message: unknown) => (message as { headers: Record<string, string> }).headers['x-version'] ?? '';
    await service([ItemsV1, ItemsV2], (app) => app.enableVersioning({ type: VersioningType.CUSTOM, extractor }));
    await expectOpen('/items/both', { 'x-version': '2' });
    for (const version of ['1', '2', '3']) await expectClosed('/items', { 'x-version': version });
  });

  it('R212: of a host are open for that host, and for none where a proxy may name another', async () => {
    // Fastify takes no two handlers of one path, whatever their hosts.
    await service(row.adapter === 'Express' ? [OpenHostController, ClosedHostController] : [OpenHostController]);
    await expectOpen('/tenant', { host: 'open.example:8080' });
    await expectClosed('/tenant', { host: 'closed.example' });
    await expectClosed('/tenant', { host: 'open.example.evil' });
    if (row.adapter === 'Express') {
      await expectClosed('/tenant', { host: 'open.example', 'x-forwarded-host': 'closed.example' });
    }
  });

  it('R212: are judged by the handler that the adapter chooses of several that fit', async () => {
    await service([IdController, PingController]);
    // Express takes the first that was registered, Fastify the most precise.
    if (row.adapter === 'Express') await expectClosed('/things/ping');
    else await expectOpen('/things/ping');
    await expectClosed('/things/pong');
    await running!.app.close();
    await service([PingController, IdController]);
    await expectOpen('/things/ping');
  });

  if (row.adapter === 'Fastify') {
    it('R212: are open only with every other of their path where a constraint of the adapter chooses', async () => {
      await service([ConstrainedController]);
      await expectClosed('/constrained', { host: 'open.example' });
      await expectClosed('/constrained', { host: 'closed.example' });
    });
  }

  if (row.adapter === 'Express') {
    it('R212: have the forms of optional groups and wildcards', async () => {
      await service([GroupsController]);
      for (const path of ['/groups/list', '/groups/list/2', '/groups/files/a', '/groups/files/a/b']) {
        await expectOpen(path);
      }
      for (const path of ['/groups/list/2/3', '/groups/lists', '/groups/files']) await expectClosed(path);
    });

    it('R212: give way to an earlier path that this library cannot read', async () => {
      await service([MiddleWildcardController, OpenBelowController]);
      await expectClosed('/wild/a/end');
      await expectClosed('/wild/a/b');
      await running!.app.close();
      await service([OpenBelowController, MiddleWildcardController]);
      await expectOpen('/wild/a/b');
    });

    it('R212: stop the start where their own path cannot be read', async () => {
      await expect(service([UnreadableController])).rejects.toMatchObject({
        code: 'configuration_invalid',
        message: expect.stringContaining('UnreadableController.end') as string,
      });
    });
  }
});
