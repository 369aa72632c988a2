import { NestFactory } from '@nestjs/core';
import { InternalTokenModule, RequireCaller } from 'nestjs-internal-token';
import { Controller, Get } from '@nestjs/common';
import { TestTokenIssuer } from 'nestjs-internal-token/testing';
import { describeWithOpenssl } from '../support/certificate-authority.js';
import { BILLING, CalledService, GATEWAY, ORDERS } from './support/callers.js';

describeWithOpenssl('the allow list of callers', () => {
  let service: CalledService;
  beforeAll(async () => {
    service = await CalledService.start(undefined, { callers: { allow: [GATEWAY, ORDERS] } });
  });
  afterAll(() => service?.close());

  const askAs = (id: string, path = '/stock', token?: string | null) =>
    service.ask({ as: service.authority.workload(id), path, ...(token !== undefined && { token }) });

  it.each([GATEWAY, ORDERS])("R148: accepts %s, which is on the service's list", async (id) => {
    expect(await askAs(id)).toMatchObject({ status: 200, body: { caller: id } });
  });

  it.each([BILLING, `${GATEWAY}2`, `${GATEWAY}/admin`, 'spiffe://shop.test/Gateway'])(
    'R148: refuses %s, which is not on the list, and logs its name',
    async (id) => {
      const answer = await askAs(id);
      expect(answer).toMatchObject({ status: 403, body: { code: 'caller_not_allowed' } });
      expect(answer.body).not.toHaveProperty('error');
      expect(service.spans.at(-1)).toMatchObject({ caller: id, status: 403 });
    },
  );

  it('R148: lets a handler narrow the list', async () => {
    expect(await askAs(ORDERS, '/reserved')).toMatchObject({ status: 200 });
    expect(await askAs(GATEWAY, '/reserved')).toMatchObject({ status: 403, body: { code: 'caller_not_allowed' } });
  });

  it('R148: requires a token with the right scope from an allowed caller too', async () => {
    expect(await askAs(ORDERS, '/reserved', null)).toMatchObject({ status: 401, body: { code: 'txn_missing' } });
    const token = service.tokens.token({ scope: 'other' });
    expect(await askAs(ORDERS, '/reserved', token)).toMatchObject({ status: 403, body: { code: 'txn_scope' } });
  });

  it('R77: needs no caller for a handler without a token, unless the handler names one', async () => {
    expect(await service.ask({ path: '/health', token: null })).toMatchObject({ status: 200 });
    expect(await service.ask({ path: '/metrics', token: null })).toMatchObject({ status: 400 });
    expect(await askAs(GATEWAY, '/metrics', null)).toMatchObject({ status: 403 });
    expect(await askAs(BILLING, '/metrics', null)).toMatchObject({ status: 200, body: { caller: BILLING } });
  });

  it('R82: refuses other callers in every enforcement mode', async () => {
    const lenient = { mode: 'shadow', allowUnverifiedUntil: new Date(Date.now() + 86_400_000) } as const;
    const shadow = await CalledService.start(undefined, { ...lenient, callers: { allow: [GATEWAY] } });
    try {
      expect(await shadow.ask({ token: null })).toMatchObject({ status: 400, body: { code: 'caller_missing' } });
      const as = shadow.authority.workload(ORDERS);
      expect(await shadow.ask({ as, token: null })).toMatchObject({
        status: 403,
        body: { code: 'caller_not_allowed' },
      });
    } finally {
      await shadow.close();
    }
  });

  it('fails to start with an allow list when callers are not authenticated', async () => {
    @Controller()
    class NamingController {
      @Get()
      @RequireCaller(GATEWAY)
      get(): string {
        return 'never';
      }
    }
    const start = async (controllers: (typeof NamingController)[], callers?: { allow: string[] }) => {
      const { keys } = new TestTokenIssuer();
      const options = { service: 'a', trustDomain: 'test', keys, ...(callers && { callers }) };
      const root = { module: class {}, imports: [InternalTokenModule.forRoot(options)], controllers };
      const app = await NestFactory.create(root, { logger: false, abortOnError: false });
      await app.init();
      await app.close();
    };
    await expect(start([NamingController])).rejects.toThrow(/NamingController.get names callers, but nobody asks/);
    await expect(start([], { allow: [GATEWAY] })).rejects.toThrow(/callers.allow names callers/);
    await expect(start([], { allow: [] })).rejects.toThrow(/callers.allow/);
    await start([]);
  });
});
