import {
  type ArgumentsHost,
  Catch,
  Controller,
  type DynamicModule,
  type ExceptionFilter,
  Get,
  HttpException,
  Injectable,
  type MiddlewareConsumer,
  Module,
  type NestMiddleware,
  type Provider,
  Scope,
  UseFilters,
} from '@nestjs/common';
import { APP_FILTER, HttpAdapterHost } from '@nestjs/core';
import {
  InternalTokenContext,
  InternalTokenError,
  InternalTokenErrorFilter,
  RequirePermissions,
} from 'nestjs-internal-token';
import { InternalTokenProblemFilter } from 'nestjs-internal-token/http';
import { ADAPTERS, type Parts, type Running, start } from './support/adapters.js';

/** As Nest's documentation shows it. */
@Catch()
class CatchAllFilter implements ExceptionFilter {
  constructor(protected readonly host: HttpAdapterHost) {}

  catch(exception: unknown, host: ArgumentsHost): void {
    const { httpAdapter } = this.host;
    const status = exception instanceof HttpException ? exception.getStatus() : 500;
    httpAdapter.reply(host.switchToHttp().getResponse(), { caughtBy: this.constructor.name }, status);
  }
}

@Catch()
class ConsiderateFilter extends CatchAllFilter {
  constructor(
    host: HttpAdapterHost,
    private readonly refusals: InternalTokenErrorFilter,
  ) {
    super(host);
  }

  override catch(exception: unknown, host: ArgumentsHost): void {
    if (exception instanceof InternalTokenError) return void this.refusals.catch(exception, host);
    super.catch(exception, host);
  }
}

@Catch(InternalTokenError)
class RefusalFilter extends CatchAllFilter {}

class OutOfStock extends Error {}

@Catch(OutOfStock)
class OutOfStockFilter extends InternalTokenErrorFilter {
  protected override describe() {
    return { type: 'about:blank', title: 'Conflict', status: 409, code: 'out_of_stock' };
  }
}

@Injectable()
class CheckingMiddleware implements NestMiddleware {
  constructor(private readonly context: InternalTokenContext) {}

  use(_request: unknown, _response: unknown, next: () => void): void {
    this.context.require('things:checked');
    next();
  }
}

@Controller('things')
class ThingsController {
  constructor(private readonly context: InternalTokenContext) {}

  @Get('guarded')
  @RequirePermissions('things:read')
  guarded(): string {
    return 'read';
  }

  @Get('required')
  required(): void {
    this.context.require('things:write');
  }

  @Get('checked')
  checked(): void {}

  @Get('broken')
  broken(): void {
    throw new Error('a fault of the application');
  }

  @Get('sold')
  sold(): void {
    throw new OutOfStock();
  }

  @Get('caught')
  @UseFilters(CatchAllFilter)
  caught(): void {
    this.context.require('things:write');
  }

  @Get('considerate')
  @UseFilters(ConsiderateFilter)
  considerate(): void {
    this.context.require('things:write');
  }
}

@Module({ controllers: [ThingsController] })
class ThingsModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(CheckingMiddleware).forRoutes('things/checked');
  }
}

function withFilter(...filters: Omit<Extract<Provider, { useClass: unknown }>, 'provide'>[]): DynamicModule {
  class FilterModule {}
  return { module: FilterModule, providers: filters.map((filter) => ({ provide: APP_FILTER, ...filter })) };
}

const catchAll = { useClass: CatchAllFilter };
const scoped = { useClass: CatchAllFilter, scope: Scope.REQUEST };

const CASES: readonly { filter: string; parts: Parts }[] = [
  {
    filter: 'useGlobalFilters()',
    parts: { prepare: (app) => void app.useGlobalFilters(new CatchAllFilter(app.get(HttpAdapterHost))) },
  },
  { filter: 'an APP_FILTER in a module before ours', parts: { importsBefore: [withFilter(catchAll)] } },
  { filter: 'an APP_FILTER in a module after ours', parts: { imports: [withFilter(catchAll)] } },
  { filter: 'an APP_FILTER of the root module', parts: { providers: [{ provide: APP_FILTER, ...catchAll }] } },
  { filter: 'a request-scoped APP_FILTER before ours', parts: { importsBefore: [withFilter(scoped)] } },
  { filter: 'a request-scoped APP_FILTER after ours', parts: { imports: [withFilter(scoped)] } },
  {
    filter: 'a filter beside InternalTokenProblemFilter',
    parts: { imports: [withFilter({ useClass: InternalTokenProblemFilter }, catchAll)] },
  },
];

describe.each(ADAPTERS)('Exception filters of the application on $adapter', (row) => {
  describe.each(CASES)('$filter', ({ parts }) => {
    let running: Running;
    beforeAll(async () => {
      running = await start(row, { ...parts, imports: [ThingsModule, ...(parts.imports ?? [])] });
    });
    afterAll(() => running.app.close());

    it('R215: a request without a token is 401, with the challenge', async () => {
      const response = await running.get('/things/required');
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toContain('Txn-Token');
      expect(await response.json()).toMatchObject({ code: 'txn_missing' });
    });

    it.each(['guarded', 'required', 'checked'])('R215: a missing permission is 403 (%s)', async (path) => {
      const response = await running.get(`/things/${path}`, running.tokens.token());
      expect(response.status).toBe(403);
      expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
      expect(await response.json()).toMatchObject({ code: 'txn_permission' });
    });

    it('R215: everything else is left to the filter', async () => {
      const response = await running.get('/things/broken', running.tokens.token());
      expect([response.status, await response.json()]).toEqual([500, { caughtBy: 'CatchAllFilter' }]);
    });
  });

  const answerOf = async (running: Running, path: string): Promise<unknown> => {
    const response = await running.get(path, running.tokens.token());
    return [response.status, await response.json()];
  };

  it('R215: InternalTokenProblemFilter as the last filter answers everything', async () => {
    const filters = withFilter(catchAll, { useClass: InternalTokenProblemFilter });
    const running = await start(row, { imports: [ThingsModule, filters] });
    expect(await answerOf(running, '/things/required')).toMatchObject([403, { code: 'txn_permission' }]);
    expect(await answerOf(running, '/things/broken')).toMatchObject([500, { code: 'internal_error' }]);
    await running.app.close();
  });

  it('R215: a filter that names InternalTokenError in @Catch() answers in place of ours', async () => {
    const filters = withFilter({ useClass: RefusalFilter }, catchAll);
    const running = await start(row, { importsBefore: [filters], imports: [ThingsModule] });
    expect(await answerOf(running, '/things/required')).toEqual([500, { caughtBy: 'RefusalFilter' }]);
    await running.app.close();
  });

  it('R215: a subclass of our filter for other exceptions gets those alone', async () => {
    const filters = withFilter(catchAll, { useClass: OutOfStockFilter });
    const running = await start(row, { imports: [ThingsModule, filters] });
    expect(await answerOf(running, '/things/sold')).toMatchObject([409, { code: 'out_of_stock' }]);
    expect(await answerOf(running, '/things/required')).toMatchObject([403, { code: 'txn_permission' }]);
    await running.app.close();
  });

  it("R215: a handler's own filter comes first, and hands refusals to InternalTokenErrorFilter", async () => {
    const running = await start(row, { imports: [ThingsModule] });
    expect(await answerOf(running, '/things/caught')).toEqual([500, { caughtBy: 'CatchAllFilter' }]);
    expect(await answerOf(running, '/things/considerate')).toMatchObject([403, { code: 'txn_permission' }]);
    await running.app.close();
  });
});
