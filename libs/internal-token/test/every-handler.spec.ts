import {
  All,
  type CanActivate,
  Controller,
  Get,
  Head,
  type INestApplication,
  type NestMiddleware,
  Post,
  Redirect,
  Res,
  Scope,
  Sse,
  UseGuards,
  Version,
  VersioningType,
} from '@nestjs/common';
import { APP_GUARD, RouterModule } from '@nestjs/core';
import type { ServerResponse } from 'node:http';
import { of } from 'rxjs';
import { ADAPTERS, type Running, start } from './support/adapters.js';

let runs = 0;
let built = 0;
const run = (): object => {
  runs += 1;
  return {};
};

class AllowAll implements CanActivate {
  canActivate(): boolean {
    return true;
  }
}

class Base {
  @Get('inherited')
  inherited() {
    return run();
  }
}

@Controller('kinds')
@UseGuards(AllowAll)
class KindsController extends Base {
  @Get('get')
  get() {
    return run();
  }

  @Get(['first', 'second'])
  several() {
    return run();
  }

  @Head('head')
  head() {
    run();
  }

  @All('all')
  all() {
    return run();
  }

  @Get('wild/*')
  wild() {
    return run();
  }

  @Sse('events')
  events() {
    return of(run());
  }

  @Get('away')
  @Redirect('/elsewhere')
  away() {
    return run();
  }

  @Get('own')
  own(@Res() response: ServerResponse & { raw?: ServerResponse }) {
    run();
    (response.raw ?? response).end('own');
  }

  @Post('post')
  post() {
    return run();
  }

  @Version('2')
  @Get('versioned')
  versioned() {
    return run();
  }
}

@Controller({ path: 'scoped', scope: Scope.REQUEST })
class ScopedController {
  constructor() {
    built += 1;
  }

  @Get()
  get() {
    return run();
  }
}

@Controller()
class NestedController {
  @Get('leaf')
  leaf() {
    return run();
  }
}
class NestedModule {}

class CountingMiddleware implements NestMiddleware {
  use(_request: unknown, _response: unknown, next: () => void): void {
    runs += 1;
    next();
  }
}

describe.each(ADAPTERS)('A request without a token, on $adapter,', (row) => {
  let running: Running;
  beforeAll(async () => {
    running = await start(row, {
      // Lets GET and HEAD come as far as the guard.
      options: { openPaths: ['/kinds/*', '/v2/*', '/nested/*'] },
      controllers: [KindsController, ScopedController],
      providers: [{ provide: APP_GUARD, useClass: AllowAll }],
      imports: [
        { module: NestedModule, controllers: [NestedController] },
        RouterModule.register([{ path: 'nested', module: NestedModule }]),
      ],
      prepare: (app: INestApplication) => {
        app.enableVersioning({ type: VersioningType.URI });
        app.useGlobalGuards(new AllowAll());
        app.getHttpAdapter().get('/adapter', (_request: unknown, response: { send(body: string): void }) => {
          runs += 1;
          response.send('adapter');
        });
        const middleware = new CountingMiddleware();
        app.use('/seen', middleware.use.bind(middleware));
      },
    });
  });
  afterAll(() => running.app.close());
  beforeEach(() => {
    runs = 0;
    built = 0;
  });

  it.each([
    ['GET', '/kinds/get'],
    ['HEAD', '/kinds/get'],
    ['GET', '/kinds/second'],
    ['HEAD', '/kinds/head'],
    ['DELETE', '/kinds/all'],
    ['OPTIONS', '/kinds/all'],
    ['GET', '/kinds/wild/a/b'],
    ['GET', '/kinds/events'],
    ['GET', '/kinds/away'],
    ['GET', '/kinds/own'],
    ['POST', '/kinds/post'],
    ['GET', '/kinds/inherited'],
    ['GET', '/v2/kinds/versioned'],
    ['GET', '/scoped'],
    ['GET', '/nested/leaf'],
  ])('R77: is refused with 401 for %s %s, and no handler runs', async (method, path) => {
    const send = (headers: Record<string, string>) =>
      fetch(`${running.url}${path}`, { method, headers, redirect: 'manual' });
    expect((await send({})).status).toBe(401);
    expect((await send({ 'Txn-Token': running.tokens.tampered() })).status).toBe(401);
    expect(runs).toBe(0);
    // With one it is there: the path is no wrong one.
    const good = await send({ 'Txn-Token': running.tokens.token() });
    await good.body?.cancel();
    expect(good.status).toBeLessThan(400);
    expect(runs).toBeGreaterThan(0);
  });

  it('R210: is refused before a route of the adapter, middleware or a request-scoped constructor runs', async () => {
    for (const path of ['/adapter', '/seen', '/scoped']) expect((await running.get(path)).status).toBe(401);
    expect([runs, built]).toEqual([0, 0]);
  });
});
