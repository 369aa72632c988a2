import {
  Controller,
  Get,
  type INestApplication,
  Param,
  Post,
  type Type,
  Version,
  VERSION_NEUTRAL,
  VersioningType,
} from '@nestjs/common';
import { NestFactory, RouterModule } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { generateKeyPairSync } from 'node:crypto';
import { request } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import { InternalTokenModule, NoInternalToken, Public, Tracer } from 'nestjs-internal-token';
import {
  EdgeModule,
  InternalTokenIssuingModule,
  reflectRoutes,
  type ReflectRoutesOptions,
  type RouteDefinition,
  type RouteOptions,
  type Signer,
  type UpstreamOptions,
} from 'nestjs-internal-token/gateway';
import { AccessTokenIssuer, AUDIENCE } from '../../../test/support/access-token-issuer.js';
import { createSigner } from '../src/core/index.js';

const ADAPTERS = [
  {
    adapter: 'Express',
    createAdapter: () => {
      const adapter = new ExpressAdapter();
      adapter.set('trust proxy', true);
      return adapter;
    },
  },
  {
    adapter: 'Fastify',
    createAdapter: () => new FastifyAdapter({ trustProxy: true, routerOptions: { maxParamLength: 500 } }) as never,
  },
] as const;

type Row = (typeof ADAPTERS)[number];

interface Domain {
  readonly controllers: Type[];
  /** The path of `RouterModule`. */
  readonly modulePath?: string;
  readonly prepare?: (app: INestApplication) => void;
  readonly routes?: Partial<RouteOptions>;
  readonly reflect?: ReflectRoutesOptions;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** A domain in the process of the gateway, and the same domain in its own process behind it. */
class Splits {
  readonly #open: INestApplication[] = [];
  #issuer!: AccessTokenIssuer;
  #signer!: Signer;
  #pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });

  async prepare(): Promise<void> {
    this.#issuer = await AccessTokenIssuer.start();
    this.#signer = await createSigner({ key: this.#pair.privateKey });
  }

  async close(): Promise<void> {
    for (const app of this.#open.splice(0)) await app.close();
  }

  async end(): Promise<void> {
    await this.close();
    await this.#issuer.close();
  }

  local(row: Row, domain: Domain): Promise<Ask> {
    return this.#start(row, domain, this.#gateway(domain, {}), domain.controllers);
  }

  async forwarded(row: Row, domain: Domain): Promise<Ask> {
    const service = await this.#start(row, domain, [this.#verifying('shop')], domain.controllers);
    const reflect = { ...(domain.modulePath !== undefined && { modulePath: domain.modulePath }) };
    const gateway = { ...domain, reflect };
    return this.#start(
      row,
      domain,
      this.#gateway(gateway, { shop: { origin: `http://127.0.0.1:${service.port}` } }),
      [],
    );
  }

  #gateway({ controllers, routes, reflect }: Domain, upstreams: Record<string, UpstreamOptions>) {
    return [
      this.#verifying('gateway'),
      InternalTokenIssuingModule.forIssuing({ trustDomain: 'shop', signing: { signer: this.#signer } }),
      EdgeModule.forRoot({
        routes: { table: reflectRoutes(controllers, 'shop', reflect), ...routes },
        accessTokens: {
          issuers: [{ issuer: this.#issuer.url, audience: AUDIENCE, jwksUri: `${this.#issuer.url}/jwks` }],
          allowInsecureLoopback: true,
        },
        forwarding: { upstreams },
      }),
    ];
  }

  #verifying(service: string) {
    const source = { description: 'ours', load: () => Promise.resolve({ keys: [this.#signer.publicJwk] }) };
    return InternalTokenModule.forRoot({ service, trustDomain: 'shop', keys: { source } });
  }

  async #start(row: Row, { modulePath, prepare }: Domain, imports: unknown[], controllers: Type[]): Promise<Ask> {
    class DomainModule {}
    class RootModule {}
    const root = {
      module: RootModule,
      imports: [
        ...imports,
        { module: DomainModule, controllers },
        ...(modulePath === undefined ? [] : [RouterModule.register([{ path: modulePath, module: DomainModule }])]),
      ] as never[],
    };
    const app = await NestFactory.create(root, row.createAdapter(), { logger: false, abortOnError: false });
    prepare?.(app);
    this.#open.push(app);
    await app.listen(0, '127.0.0.1');
    return new Ask(((app.getHttpServer() as Server).address() as AddressInfo).port);
  }
}

class Ask {
  constructor(readonly port: number) {}

  /** As it stands: fetch() would not send a `Host`. */
  readonly get = (path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const sent = request({ port: this.port, host: '127.0.0.1', path, headers, method }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      });
      sent.on('error', reject).end();
    });
}

@Controller({ path: 'orders', version: '1' })
@Public()
class OrdersV1 {
  @Get()
  list() {
    return 'orders 1';
  }

  @Get('more')
  @Version(['2', '3'])
  more() {
    return 'more 2 or 3';
  }

  @Get('any')
  @Version(VERSION_NEUTRAL)
  any() {
    return 'any';
  }
}

@Controller({ path: 'orders', version: '2' })
@Public()
class OrdersV2 {
  @Get()
  list() {
    return 'orders 2';
  }
}

@Controller('status')
@Public()
class StatusController {
  @Get()
  status() {
    return 'status';
  }
}

@Controller({ path: 'pages', host: 'admin.example' })
@Public()
class AdminPages {
  @Get()
  list() {
    return 'admin';
  }
}

@Controller({ path: 'pages', host: ':tenant.shop.example', version: '2' })
@Public()
class TenantPages {
  @Get()
  list() {
    return 'tenant';
  }
}

@Controller('things')
@Public()
class ThingsController {
  @Get(':id')
  one(@Param('id') id: string) {
    return `thing ${id.length}`;
  }

  @Post('save')
  save() {
    return 'saved';
  }
}

@Controller('groups')
@Public()
class GroupsController {
  @Get('list{/:page}')
  list(@Param('page') page?: string) {
    return `page ${page ?? 'one'}`;
  }
}

@Controller('unreadable')
@Public()
class UnreadableController {
  @Get('*path/end')
  end() {}
}

describe.each(ADAPTERS)('The routes of a gateway on $adapter', (row) => {
  const splits = new Splits();
  beforeAll(() => splits.prepare());
  afterEach(() => splits.close());
  afterAll(() => splits.end());

  const bothWays = async (domain: Domain, test: (ask: Ask['get']) => Promise<void>) => {
    await test((await splits.local(row, domain)).get);
    await test((await splits.forwarded(row, domain)).get);
  };
  const texts = async (ask: Ask['get'], ...requests: readonly Parameters<Ask['get']>[]) => {
    const answers = [];
    for (const one of requests) {
      const { status, text } = await ask(...one);
      answers.push(status === 200 ? text : status);
    }
    return answers;
  };
  const uri = (prefix?: string | false) => (app: INestApplication) => {
    app.setGlobalPrefix('api', { exclude: ['shop/status'] });
    app.enableVersioning({
      type: VersioningType.URI,
      defaultVersion: '1',
      ...(prefix !== undefined && { prefix }),
    });
  };

  it('R213: have the global prefix and its exclusions, versions in the path and the path of RouterModule', async () => {
    const domain = { controllers: [OrdersV1, OrdersV2, StatusController], modulePath: 'shop', prepare: uri() };
    await bothWays(domain, async (ask) => {
      expect(
        await texts(
          ask,
          ['/api/v1/shop/orders'],
          ['/api/v2/shop/orders'],
          ['/api/v3/shop/orders/more'],
          ['/api/shop/orders/any'],
          ['/v1/shop/status'],
        ),
      ).toEqual(['orders 1', 'orders 2', 'more 2 or 3', 'any', 'status']);
      for (const path of ['/orders', '/shop/orders', '/api/shop/orders', '/v1/shop/orders', '/api/v3/shop/orders']) {
        expect((await ask(path)).status).toBe(404);
      }
    });
  });

  it.each([
    ['ver', '/api/ver2/orders'],
    [false, '/api/2/orders'],
  ] as const)('R213: have versions by the prefix %s', async (prefix, path) => {
    await bothWays({ controllers: [OrdersV1, OrdersV2], prepare: uri(prefix) }, async (ask) => {
      expect(await texts(ask, [path])).toEqual(['orders 2']);
    });
  });

  it('R213: know the path of RouterModule of their own controllers without being told, and when told', async () => {
    for (const reflect of [{}, { modulePath: '/shop' }]) {
      const { get } = await splits.local(row, { controllers: [StatusController], modulePath: 'shop', reflect });
      expect(await texts(get, ['/shop/status'], ['/status'])).toEqual(['status', 404]);
    }
  });

  const versioned = [OrdersV1, OrdersV2];

  it('R213: of one path are told apart by a field', async () => {
    const prepare = (app: INestApplication) =>
      app.enableVersioning({ type: VersioningType.HEADER, header: 'X-Version' });
    await bothWays({ controllers: versioned, prepare }, async (ask) => {
      expect(
        await texts(
          ask,
          ['/orders', { 'x-version': '1' }],
          ['/orders', { 'X-Version': '2' }],
          ['/orders/more', { 'X-Version': '3' }],
          ['/orders', { 'X-Version': '3' }],
          ['/orders'],
          ['/orders/any'],
          ['/orders/any', { 'X-Version': '7' }],
        ),
      ).toEqual(['orders 1', 'orders 2', 'more 2 or 3', 404, 404, 'any', 'any']);
    });
  });

  it('R213: of one path are told apart by the media type', async () => {
    const prepare = (app: INestApplication) => app.enableVersioning({ type: VersioningType.MEDIA_TYPE, key: 'v=' });
    await bothWays({ controllers: versioned, prepare }, async (ask) => {
      expect(
        await texts(
          ask,
          ['/orders', { accept: 'application/json;v=1' }],
          ['/orders', { accept: 'text/html, application/json; q=1; v=2' }],
          ['/orders', { accept: 'text/x;p="a, b;v=1;\\";v=1";v=2' }],
          ['/orders', { accept: ';v="\\1"' }],
          ['/orders', { accept: 'application/json' }],
        ),
      ).toEqual(['orders 1', 'orders 2', 'orders 2', 'orders 1', 404]);
    });
  });

  it('R213: of one path are told apart by an extractor of the application', async () => {
    const extractor = (message: unknown) =>
      (message as { headers: Record<string, string> }).headers['x-release']?.split(',') ?? '';
    const prepare = (app: INestApplication) => app.enableVersioning({ type: VersioningType.CUSTOM, extractor });
    await bothWays({ controllers: versioned, prepare }, async (ask) => {
      expect(
        await texts(ask, ['/orders', { 'x-release': '1' }], ['/orders', { 'x-release': '9,2' }], ['/orders']),
      ).toEqual(['orders 1', 'orders 2', 404]);
    });
  });

  it('R213: run the handler that the edge has decided on, whatever an extractor says the second time', async () => {
    const asked = new WeakSet<object>();
    const extractor = (message: unknown) => {
      const again = asked.has(message as object);
      asked.add(message as object);
      return again ? '2' : '1';
    };
    const prepare = (app: INestApplication) => app.enableVersioning({ type: VersioningType.CUSTOM, extractor });
    const { get } = await splits.local(row, { controllers: versioned, prepare });
    expect((await get('/orders')).status).toBe(404);
  });

  it('R126: name their spans by the whole path, in one process and in two', async () => {
    const routes: (string | undefined)[] = [];
    const prepare = (app: INestApplication) => {
      uri()(app);
      app.get(Tracer, { strict: false }).onEnd(({ route }) => routes.push(route));
    };
    await bothWays({ controllers: [OrdersV1], modulePath: 'shop', prepare }, async (ask) => {
      expect(await texts(ask, ['/api/v1/shop/orders'])).toEqual(['orders 1']);
    });
    await splits.close();
    expect(routes.length).toBeGreaterThan(2);
    expect(new Set(routes.filter(Boolean))).toEqual(new Set(['/api/v1/shop/orders']));
  });

  it('R213: of one path are told apart by the host', async () => {
    const prepare = (app: INestApplication) =>
      app.enableVersioning({ type: VersioningType.HEADER, header: 'X-Version' });
    await bothWays({ controllers: [AdminPages, TenantPages], prepare }, async (ask) => {
      expect(
        await texts(
          ask,
          ['/pages', { host: 'admin.example:81' }],
          ['/pages', { host: 'acme.shop.example', 'X-Version': '2' }],
          ['/pages', { host: 'acme.shop.example' }],
          ['/pages', { host: 'other.example' }],
        ),
      ).toEqual(['admin', 'tenant', 404, 404]);
    });
  });

  it('R213: never run a handler that is not listed, though it has the name of one that is', async () => {
    const pagesOf = (version: string) => {
      @Controller({ path: 'pages', version })
      @Public()
      class PagesController {
        @Get()
        list() {
          return version;
        }
      }
      return PagesController;
    };
    const listed = pagesOf('1');
    const { get } = await splits.local(row, {
      controllers: [pagesOf('2'), listed],
      routes: { table: reflectRoutes([listed], 'shop') },
      prepare: (app) => app.enableVersioning({ type: VersioningType.HEADER, header: 'X-Version' }),
    });
    expect(await get('/pages', { 'X-Version': '1' })).toEqual({ status: 200, text: '1' });
    expect((await get('/pages', { 'X-Version': '2' })).status).toBe(404);
  });

  it('R213: take parameters of 500 characters, or as many as configured, and answer 414 beyond', async () => {
    const at = (length: number) => `/things/${'x'.repeat(length)}`;
    await bothWays({ controllers: [ThingsController] }, async (ask) => {
      expect(await texts(ask, [at(180)], [at(500)], [at(501)])).toEqual(['thing 180', 'thing 500', 414]);
    });
    const { get } = await splits.local(row, { controllers: [ThingsController], routes: { maxParameterLength: 20 } });
    expect(await texts(get, [at(20)], [at(21)])).toEqual(['thing 20', 414]);
  });

  it('R213: have every form of a path with optional groups, or stop the start', async () => {
    const start = splits.forwarded(row, { controllers: [GroupsController] });
    if (row.adapter === 'Fastify') {
      // It has no such groups. Only a service of Express may have them.
      await start;
      await expect(splits.local(row, { controllers: [GroupsController] })).rejects.toMatchObject({
        code: 'configuration_invalid',
        message: expect.stringMatching(/GroupsController\.list.*Fastify has no optional groups.*@Get\(\[/) as string,
      });
      return;
    }
    await bothWays({ controllers: [GroupsController] }, async (ask) => {
      expect(await texts(ask, ['/groups/list'], ['/groups/list/2'], ['/groups/list/2/3'])).toEqual([
        'page one',
        'page 2',
        404,
      ]);
    });
  });

  it('R213: stop the start where they cannot be read or told apart', async () => {
    const edge = (table: RouteDefinition[]) => ({ controllers: [], routes: { table } });
    await expect(splits.local(row, edge(reflectRoutes([UnreadableController], 'shop')))).rejects.toMatchObject({
      code: 'configuration_invalid',
      message: expect.stringMatching(/UnreadableController\.end.*a wildcard is not at its end/) as string,
    });
    await expect(splits.local(row, edge(reflectRoutes(versioned, 'shop')))).rejects.toMatchObject({
      code: 'configuration_invalid',
      message: expect.stringMatching(/OrdersV1\.list.*OrdersV2\.list.*cannot be told apart.*@Version\(\)/) as string,
    });
  });
});

@Controller('probe')
class ProbeController {
  @Get()
  @NoInternalToken()
  probe() {
    return 'probe';
  }
}

describe.each(ADAPTERS)('Open paths of a gateway on $adapter', (row) => {
  const splits = new Splits();
  const seen: unknown[] = [];
  let get: Ask['get'];
  beforeAll(async () => {
    await splits.prepare();
    const prepare = (app: INestApplication) =>
      app.use((message: { url: string; headers: object }, response: { end(text: string): void }, next: () => void) => {
        if (!/^\/(?:docs|things\/files|probe)/.test(message.url)) return next();
        seen.push(message.headers);
        response.end(`static ${message.url}`);
      });
    const openPaths = ['/docs', '/docs/*', '/things/*', '/probe'];
    ({ get } = await splits.local(row, {
      controllers: [ThingsController, ProbeController],
      prepare,
      routes: { openPaths },
    }));
  });
  beforeEach(() => void (seen.length = 0));
  afterAll(() => splits.end());

  it('R211: answer GET and HEAD without a token and without credentials', async () => {
    const headers = { authorization: 'Bearer x', cookie: 'a=b', 'txn-token': 'x', accept: 'text/html' };
    expect(await get('/docs', headers)).toEqual({ status: 200, text: 'static /docs' });
    expect(await get('/docs/a/b.css', headers)).toEqual({ status: 200, text: 'static /docs/a/b.css' });
    expect((await get('/docs', headers, 'HEAD')).status).toBe(200);
    for (const fields of seen) {
      expect(fields).toMatchObject({ accept: 'text/html' });
      expect(Object.keys(fields as object)).not.toEqual(
        expect.arrayContaining([expect.stringMatching(/^(?:authorization|cookie|txn-token)$/)]),
      );
    }
    expect(seen).toHaveLength(3);
  });

  it.each([
    ['POST', '/docs'],
    ['GET', '/docsx'],
    ['GET', '/DOCS'],
    ['GET', '/docs/%41'],
    ['GET', '/docs;a'],
    ['GET', '/nowhere'],
    ['GET', '/internal/docs'],
    ['GET', '/probe'],
  ])('R211: %s %s is unknown', async (method, path) => {
    expect((await get(path, {}, method)).status).toBe(404);
    expect(seen).toEqual([]);
  });

  it('R211: come after routes', async () => {
    expect((await get('/things/files')).status).toBe(200);
    expect(seen).toHaveLength(1);
    const { status } = await get('/things/files', { authorization: 'Bearer nonsense' });
    expect(status).toBe(401);
    expect(seen).toHaveLength(1);
  });

  it.each(['docs', '/internal', '/Internal/x', '/*', '/docs*', '/a//b', '/a/../b', '/docs/*/x', '/a;b', '/a%2fb', 7])(
    'R211: %s stops the start',
    async (path) => {
      const routes = { openPaths: [path as string] };
      await expect(splits.local(row, { controllers: [ThingsController], routes })).rejects.toMatchObject({
        code: 'configuration_invalid',
        message: expect.stringContaining('openPaths') as string,
      });
    },
  );
});
