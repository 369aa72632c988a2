import {
  All,
  Controller,
  Get,
  type INestApplication,
  Post,
  type Type,
  Version,
  VERSION_NEUTRAL,
  VersioningType,
} from '@nestjs/common';
import { AnyScope, type SpanRecord, Tracer } from 'nestjs-internal-token';
import { ADAPTERS, type Running, start } from './support/adapters.js';

@Controller({ path: 'orders', version: '1' })
@AnyScope()
class OrdersController {
  @Get(':id')
  one(): string {
    return 'one';
  }

  @Post()
  place(): string {
    return 'placed';
  }

  @All('any')
  @Version(VERSION_NEUTRAL)
  any(): string {
    return 'any';
  }

  @Get(['drafts', 'drafts/:id'])
  drafts(): string {
    return 'drafts';
  }
}

describe.each(ADAPTERS)('The span of a request on $adapter', (row) => {
  let running: Running;
  const spans: SpanRecord[] = [];
  beforeAll(async () => {
    running = await start(row, {
      controllers: [OrdersController],
      prepare: (app) => {
        app.setGlobalPrefix('api').enableVersioning({ type: VersioningType.HEADER, header: 'X-Version' });
      },
    });
    running.app.get(Tracer).onEnd((record) => spans.push(record));
  });
  afterAll(() => running.app.close());

  async function spanOf(method: string, path: string, headers: Record<string, string>): Promise<SpanRecord> {
    spans.length = 0;
    await (await fetch(`${running.url}${path}`, { method, headers: { 'X-Version': '1', ...headers } })).arrayBuffer();
    for (;;) {
      const [span] = spans;
      if (span !== undefined) return span;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  it.each([
    ['GET', '/api/orders/7', 'GET /api/orders/:id'],
    ['HEAD', '/api/orders/7?secret=1', 'GET /api/orders/:id'],
    ['POST', '/api/orders', 'POST /api/orders'],
    ['PATCH', '/api/orders/any', 'ALL /api/orders/any'],
    ['DELETE', '/api/orders/any', 'ALL /api/orders/any'],
    ['PUT', '/api/orders/any', 'ALL /api/orders/any'],
    ['GET', '/api/orders/drafts/7', 'GET /api/orders/drafts/:id'],
  ])('R126: has the same name for %s %s, refused or not', async (method, path, op) => {
    const name = { op, route: op.slice(op.indexOf(' ') + 1) };
    expect(await spanOf(method, path, { 'Txn-Token': running.tokens.token() })).toMatchObject(name);
    expect(await spanOf(method, path, {})).toMatchObject({ ...name, status: 401 });
  });

  it.each([
    ['a path that no route serves', 'GET', '/api/secret-path', {}],
    ['a method that the path does not have', 'DELETE', '/api/orders/secret-id', {}],
    ['a version that the route does not have', 'GET', '/api/orders/secret-id', { 'X-Version': '9' }],
    ['a path that can be read in two ways', 'GET', '/api//orders/secret-id', {}],
  ])('R126: has no route, and never the raw path, for %s', async (_what, method, path, headers) => {
    const { op, route, status } = await spanOf(method, path, headers);
    expect({ op, route, status }).toEqual({ op: method, route: undefined, status: 401 });
  });
});

describe('The span of a refused request', () => {
  const [express] = ADAPTERS;

  async function spanOf(path: string, controller: Type, prepare: (app: INestApplication) => void): Promise<SpanRecord> {
    const { app, get } = await start(express, { controllers: [controller], prepare });
    const ended = new Promise<SpanRecord>((resolve) => app.get(Tracer).onEnd(resolve));
    expect((await get(path)).status).toBe(401);
    await app.close();
    return ended;
  }

  it('R126: is not named by a route that cannot be read and may not be the one', async () => {
    @Controller('odd')
    @AnyScope()
    class OddController {
      @Get('*middle/end')
      end(): string {
        return 'end';
      }

      @Get('*anything')
      rest(): string {
        return 'rest';
      }
    }
    expect(await spanOf('/odd/secret/end', OddController, () => undefined)).toMatchObject({
      op: 'GET',
      route: undefined,
    });
  });

  it('R126: is not named where only the application can tell which of two routes serves it', async () => {
    @Controller('versioned')
    @AnyScope()
    class VersionedController {
      @Get(':id')
      @Version('1')
      one(): string {
        return 'one';
      }

      @Get('drafts')
      @Version('2')
      drafts(): string {
        return 'drafts';
      }
    }
    const custom = (app: INestApplication) =>
      void app.enableVersioning({ type: VersioningType.CUSTOM, extractor: () => '2' });
    expect(await spanOf('/versioned/7', VersionedController, custom)).toMatchObject({ op: 'GET /versioned/:id' });
    expect(await spanOf('/versioned/drafts', VersionedController, custom)).toMatchObject({
      op: 'GET',
      route: undefined,
    });
  });
});
