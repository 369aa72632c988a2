import { Body, Controller, Get, Injectable, Post, type Type } from '@nestjs/common';
import { ClsModule, type ClsModuleOptions, ClsService } from 'nestjs-cls';
import { setImmediate as immediate } from 'node:timers/promises';
import { InternalClaims, InternalTokenContext, Tracer } from 'nestjs-internal-token';
import { EdgeGateway, seenIn } from '../../../test/support/edge-gateway.js';
import { agreedSigner, EdgeService } from '../../../test/support/edge-service.js';
import { ADAPTERS, type Running, start } from './support/adapters.js';

@Injectable()
class Service {
  constructor(
    private readonly context: InternalTokenContext,
    private readonly cls: ClsService,
    private readonly tracer: Tracer,
  ) {}

  async seen(own: string): Promise<unknown> {
    this.cls.set('own', own);
    await immediate();
    return {
      user: this.context.claims.userId,
      own: this.cls.get('own') as unknown,
      // One store, by whichever way.
      shared: this.cls.get('internalToken.txn') === this.context.txn,
      nested: this.tracer.run({ op: 'look', kind: 'internal' }, () => [
        this.context.claims.userId,
        this.cls.get('own') as unknown,
        this.cls.get('internalToken.txn') === this.context.txn,
      ]),
    };
  }
}

@Controller('seen')
class SeenController {
  constructor(private readonly service: Service) {}

  @Get()
  get(@InternalClaims('userId') userId: string) {
    return this.service.seen(userId);
  }

  @Post()
  post(@Body() { own }: { own: string }) {
    return this.service.seen(own);
  }
}

const MOUNTS: readonly { mount: string; options: ClsModuleOptions }[] = [
  { mount: 'a guard', options: { guard: { mount: true } } },
  { mount: 'an interceptor', options: { interceptor: { mount: true } } },
  { mount: 'a middleware', options: { middleware: { mount: true } } },
  { mount: 'a middleware that enters', options: { middleware: { mount: true, useEnterWith: true } } },
];
const ORDERS = ['importsBefore', 'imports'] as const;
const CASES = MOUNTS.flatMap((row) => ORDERS.map((order) => ({ ...row, order })));

describe.each(ADAPTERS)('Beside nestjs-cls on $adapter', (row) => {
  describe.each(CASES)('mounted as $mount ($order)', ({ options, order }) => {
    let running: Running;
    beforeAll(async () => {
      const parts = { controllers: [SeenController as Type], providers: [Service] };
      running = await start(row, { ...parts, [order]: [ClsModule.forRoot(options)] });
    });
    afterAll(() => running.app.close());

    const answerFor = (user: string, own = user) => ({ user, own, shared: true, nested: [user, own, true] });

    it('R214: a request has its claims, and application code finds them under the key of nestjs-cls', async () => {
      const token = running.tokens.token({ userId: 'ada' });
      expect(await (await running.get('/seen', token)).json()).toEqual(answerFor('ada'));
      const posted = await fetch(`${running.url}/seen`, {
        method: 'POST',
        headers: { 'Txn-Token': token, 'Content-Type': 'application/json' },
        body: JSON.stringify({ own: 'a value' }),
      });
      expect(await posted.json()).toEqual(answerFor('ada', 'a value'));
    });

    it('R214: a request without a token is refused with 401', async () => {
      const response = await running.get('/seen');
      expect(response.status).toBe(401);
      expect(await response.json()).toMatchObject({ code: 'txn_missing' });
    });

    it('R94, R214: 50 interleaved users are never mixed up', async () => {
      const users = Array.from({ length: 50 }, (_, i) => `user-${i}`);
      const answers = users.map(async (userId) =>
        (await running.get('/seen', running.tokens.token({ userId }))).json(),
      );
      expect(await Promise.all(answers)).toEqual(users.map((user) => answerFor(user)));
    });
  });
});

describe.each(['express', 'fastify'] as const)('A gateway beside nestjs-cls on %s', (platform) => {
  it.each(CASES)('R214: mounted as $mount ($order), local and forwarded', async ({ options, order }) => {
    const signer = await agreedSigner();
    const beside = { platform, [order]: [ClsModule.forRoot(options)] };
    const service = await EdgeService.start(signer, beside);
    const local = await EdgeGateway.start(beside);
    const split = await EdgeGateway.start({
      ...beside,
      signer,
      edge: { forwarding: { upstreams: { orders: { origin: service.url } } } },
    });
    try {
      for (const gateway of [local, split]) {
        const answer = await gateway.get('/orders/me', gateway.bearer({ sub: 'ada' }));
        expect(answer.status).toBe(200);
        expect(seenIn(answer).claims.userId).toBe('ada');
        expect(seenIn(answer).txn).toBe(answer.headers['x-request-id']);
        expect((await gateway.get('/orders/me')).status).toBe(401);
      }
    } finally {
      await Promise.all([local.close(), split.close()]);
      await service.close();
    }
  });
});
