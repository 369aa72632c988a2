import { jest } from '@jest/globals';
import { StorageModule } from '@app/storage';
import { APP_FILTER } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { InternalTokenModule } from 'nestjs-internal-token';
import { reflectRoutes } from 'nestjs-internal-token/gateway';
import { InternalTokenProblemFilter } from 'nestjs-internal-token/http';
import { TestTokenIssuer, type TestTokenInput } from 'nestjs-internal-token/testing';
import { CatalogController, CatalogModule, CatalogSeed } from './index.js';

// Opens embedded databases.
jest.setTimeout(300_000);

const ACME_ANVIL = '0197a000-0000-7000-8000-00000000ac01';
const ACME_MAGNET = '0197a000-0000-7000-8000-00000000ac03';
const GLOBEX_LAMP = '0197a000-0000-7000-8000-000000009b01';

const ANONYMOUS = { userId: 'anonymous', authenticated: false, scope: 'anonymous', permissions: [] };
const clerk = (tenantId: string): TestTokenInput => ({
  tenantId,
  scope: 'catalog.read catalog.write',
  permissions: ['catalog:write'],
});
const valid = { sku: 'saw', name: 'Saw', price: 2_500, currency: 'EUR' };

describe('catalog', () => {
  const issuer = new TestTokenIssuer();
  let app: NestFastifyApplication;

  beforeAll(async () => {
    const module = await Test.createTestingModule({
      imports: [
        InternalTokenModule.forRoot({
          service: 'catalog',
          trustDomain: 'test',
          keys: issuer.keys,
          requireScopePolicy: true,
        }),
        StorageModule.forRoot({ memory: true }),
        CatalogModule,
      ],
      providers: [{ provide: APP_FILTER, useClass: InternalTokenProblemFilter }],
    }).compile();
    app = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { logger: false });
    await app.init();
    await app.get(CatalogSeed).run();
    await app.get(CatalogSeed).run();
  });
  afterAll(() => app.close());

  async function call(method: 'GET' | 'POST', path: string, who: TestTokenInput, payload?: object | string) {
    const headers = { 'txn-token': issuer.token(who), 'content-type': 'application/json' };
    const answer = await app.inject({ method, url: `/catalog${path}`, headers, ...(payload && { payload }) });
    return { status: answer.statusCode, body: answer.json() };
  }
  const skus = (body: { items: { sku: string }[] }) => body.items.map(({ sku }) => sku).sort();

  it('R44: declares the scopes of every route', () => {
    for (const route of reflectRoutes([CatalogController], 'catalog')) expect(route.scopes).toBeDefined();
  });

  it('shows a tenant its own items, public or not, and no items of other tenants', async () => {
    expect(skus((await call('GET', '/items', clerk('acme'))).body)).toEqual(['anvil', 'magnet', 'rope']);
    expect(skus((await call('GET', '/items', clerk('globex'))).body)).toEqual(['chair', 'lamp']);
    expect(await call('GET', `/items/${GLOBEX_LAMP}`, clerk('acme'))).toMatchObject({
      status: 404,
      body: { code: 'item_not_found' },
    });
  });

  it('R77: shows the anonymous principal the public items of all tenants', async () => {
    expect(skus((await call('GET', '/items', ANONYMOUS)).body)).toEqual(['anvil', 'lamp', 'rope']);
    expect((await call('GET', `/items/${ACME_ANVIL}`, ANONYMOUS)).body).toMatchObject({ sku: 'anvil', price: 12_900 });
    expect(await call('GET', `/items/${ACME_MAGNET}`, ANONYMOUS)).toMatchObject({
      status: 404,
      body: { code: 'item_not_found' },
    });
  });

  it('R47: refuses writes without a user, the purpose or the permission', async () => {
    expect((await call('POST', '/items', ANONYMOUS, valid)).status).toBe(403);
    expect((await call('POST', '/items', { ...clerk('acme'), permissions: [] }, valid)).status).toBe(403);
    expect((await call('POST', '/items', { ...clerk('acme'), scope: 'catalog.read' }, valid)).status).toBe(403);
  });

  it("adds an item only for the caller's own tenant", async () => {
    const added = await call('POST', '/items', clerk('acme'), { ...valid, name: '  Säge 🪚 ' });
    expect(added).toMatchObject({ status: 201, body: { sku: 'saw', name: 'Säge 🪚', public: false } });
    expect((await call('GET', `/items/${added.body.id}`, clerk('acme'))).body).toEqual(added.body);
    expect(skus((await call('GET', '/items', clerk('globex'))).body)).not.toContain('saw');
  });

  it('refuses a SKU already taken in the same tenant', async () => {
    expect(await call('POST', '/items', clerk('acme'), { ...valid, sku: 'anvil' })).toMatchObject({
      status: 409,
      body: { code: 'sku_taken' },
    });
    expect((await call('POST', '/items', clerk('umbrella'), { ...valid, sku: 'anvil' })).status).toBe(201);
  });

  it('returns every item once over all pages', async () => {
    const seen: string[] = [];
    for (let path = '/items?limit=2'; ;) {
      const { body } = await call('GET', path, clerk('globex'));
      seen.push(...skus(body));
      if (!body.nextCursor) break;
      path = `/items?limit=2&cursor=${body.nextCursor}`;
    }
    expect(seen.sort()).toEqual(['chair', 'lamp']);
  });

  it.each([
    ['no body', ''],
    ['a list', '[]'],
    ['an unknown key', { ...valid, tenant_id: 'globex' }],
    ['a prototype key', '{"__proto__": {"public": true}, "sku": "saw"}'],
    ['a constructor key', '{"constructor": {"prototype": {"public": true}}, "sku": "saw"}'],
    ['text for a price', { ...valid, price: '1' }],
    ['half a cent', { ...valid, price: 0.5 }],
    ['a negative price', { ...valid, price: -1 }],
    ['2^53', { ...valid, price: 2 ** 53 }],
    ['an infinite number', `{"sku":"saw","name":"Saw","currency":"EUR","price":1e999}`],
    ['NUL in the name', { ...valid, name: 'S\u0000aw' }],
    ['half a surrogate pair', `{"sku":"saw","name":"\\ud800","currency":"EUR","price":1}`],
    ['a blank name', { ...valid, name: '   ' }],
    ['a long name', { ...valid, name: 'x'.repeat(201) }],
    ['a currency in lower case', { ...valid, currency: 'eur' }],
  ])('refuses an item with %s', async (_, payload) => {
    expect((await call('POST', '/items', clerk('acme'), payload)).status).toBe(400);
  });

  it.each([
    '/items?limit=0',
    '/items?limit=101',
    '/items?limit=x',
    '/items?limit=1&limit=2',
    '/items?cursor=x',
    '/items?cursor=%00',
    '/items?tenant=globex',
    '/items/1',
    '/items/%00',
  ])('refuses GET %s', async (path) => {
    expect((await call('GET', path, clerk('acme'))).status).toBe(400);
  });

  it('returns the claims as the handler sees them', async () => {
    const { body } = await call('GET', '/me', { ...clerk('acme'), userId: 'ada' });
    expect(body).toMatchObject({ userId: 'ada', tenantId: 'acme', scope: 'catalog.read catalog.write' });
  });
});
