import { All, type DynamicModule, Controller, Get, Logger, Param, Post } from '@nestjs/common';
import { jest } from '@jest/globals';
import { type InternalTokenOptions, NoReplay, RedisReplayStore, ReplayStore } from 'nestjs-internal-token';
import { ADAPTERS, type Running, start } from '../../libs/internal-token/test/support/adapters.js';
import { MemoryReplayStore } from '../../libs/internal-token/src/nest/index.js';
import { openTestRedis, type TestRedis } from '../support/test-redis.js';

let runs = 0;

@Controller('payments')
class PaymentsController {
  @Post()
  @NoReplay()
  pay() {
    runs += 1;
    return {};
  }

  @Post(':id/refund')
  @NoReplay()
  refund(@Param('id') id: string) {
    runs += 1;
    return { id };
  }

  @Get()
  list() {
    runs += 1;
    return [];
  }

  @Get('receipts/:id')
  @NoReplay()
  receipt() {
    runs += 1;
    return {};
  }

  @All('hooks/:id')
  @NoReplay()
  hook() {
    runs += 1;
    return {};
  }
}

/** A store that does what the test says. */
class Scripted extends ReplayStore {
  constructor(private readonly answer: () => boolean | Promise<boolean>) {
    super();
  }
  override firstUse(): boolean | Promise<boolean> {
    return this.answer();
  }
}

const provided = (store: ReplayStore): NonNullable<DynamicModule['providers']> => [
  { provide: ReplayStore, useFactory: () => store },
];

const redis = await openTestRedis();
const onRedis = redis === undefined ? it.skip : it;
const redisStore = () => provided(new RedisReplayStore(there(redis).client, { prefix: there(redis).prefix }));
/** The longest wait allowed: how fast Redis answers depends on the machine. */
const onRedisPatiently = (options: Partial<InternalTokenOptions> = {}) => ({
  providers: redisStore(),
  options: { ...options, replay: { timeoutMs: 5_000 } },
});
const there = (found: TestRedis | undefined): TestRedis => {
  if (found === undefined) throw new Error('no Redis');
  return found;
};
afterAll(() => redis?.close());
beforeEach(() => {
  runs = 0;
});

describe.each(ADAPTERS)('a replayed token, on $adapter', (row) => {
  const open: Running[] = [];
  afterEach(async () => {
    for (const { app } of open.splice(0)) await app.close();
  });
  const service = async (parts: Parameters<typeof start>[1] = {}): Promise<Running> => {
    const running = await start(row, { controllers: [PaymentsController], ...parts });
    open.push(running);
    return running;
  };
  const send = async ({ url }: Pick<Running, 'url'>, token: string, path = '/payments', method = 'POST') => {
    const response = await fetch(`${url}${path}`, { method, headers: { 'Txn-Token': token } });
    const body = (await response.json()) as { code?: string };
    return body.code ?? response.status;
  };

  describe.each([
    { where: 'in memory', test: it, parts: () => ({}) },
    { where: 'in Redis', test: onRedis, parts: onRedisPatiently },
  ])('remembered $where', ({ test, parts }) => {
    test('R114: is accepted once', async () => {
      const running = await service(parts());
      const token = running.tokens.token();
      expect([await send(running, token), await send(running, token)]).toEqual([201, 'txn_replayed']);
      expect(await send(running, running.tokens.token())).toBe(201);
      expect(runs).toBe(2);
    });

    test('R114: is accepted once in thirty simultaneous uses', async () => {
      const running = await service(parts());
      const token = running.tokens.token();
      const answers = await Promise.all(Array.from({ length: 30 }, () => send(running, token)));
      expect(answers.filter((answer) => answer === 201)).toHaveLength(1);
      expect(answers.filter((answer) => answer === 'txn_replayed')).toHaveLength(29);
      expect(runs).toBe(1);
    });
  });

  onRedis('R114: in Redis, two instances share their memory, and Redis forgets by itself', async () => {
    const { client, prefix } = there(redis);
    const one = await service(onRedisPatiently());
    const other = await service(onRedisPatiently({ keys: one.tokens.keys }));
    const before = new Set(await client.keys(`${prefix}*`));
    const token = one.tokens.token();
    expect([await send(one, token), await send(other, token)]).toEqual([201, 'txn_replayed']);
    const [key] = (await client.keys(`${prefix}*`)).filter((name) => !before.has(name));
    const { exp } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { exp: number };
    expect(await client.pexpiretime(key ?? '')).toBeGreaterThanOrEqual(exp * 1000);
    expect(await client.pttl(key ?? '')).toBeLessThanOrEqual(65_000);
    expect(key).toMatch(/:[\w-]{43}$/);
  });

  it.each([
    ['a query', '/payments/7/refund?again'],
    ['an escape at the end', '/payments/%37/refund'],
    ['another query', '/payments/7/refund?x=1&x=2'],
  ])('R114: is not accepted again with %s', async (_name, path) => {
    const running = await service();
    const token = running.tokens.token();
    expect(await send(running, token, '/payments/7/refund')).toBe(201);
    expect(await send(running, token, path)).toBe('txn_replayed');
    expect(runs).toBe(1);
  });

  it.each([
    ['HEAD after GET', '/payments/receipts/7', ['GET', 'HEAD']],
    ['GET after HEAD', '/payments/receipts/7', ['HEAD', 'GET']],
    ['any other method', '/payments/hooks/7', ['POST', 'GET', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS']],
  ])('R114: is not accepted again by %s', async (_name, path, methods) => {
    const { url, tokens } = await service();
    const headers = { 'Txn-Token': tokens.token() };
    const statuses: number[] = [];
    for (const method of methods) statuses.push((await fetch(`${url}${path}`, { method, headers })).status);
    expect(statuses.slice(1)).toEqual(methods.slice(1).map(() => 401));
    expect(runs).toBe(1);
  });

  it('R114: is accepted at other URLs and by handlers without @NoReplay()', async () => {
    const running = await service();
    const token = running.tokens.token();
    const answers = [
      await send(running, token, '/payments/7/refund'),
      await send(running, token, '/payments/8/refund'),
      await send(running, token),
      await send(running, token, '/payments', 'GET'),
      await send(running, token, '/payments', 'GET'),
    ];
    expect(answers).toEqual([201, 201, 201, 200, 200]);
  });

  it('R114: is refused everywhere when the service says so', async () => {
    const running = await service({ options: { replay: { handlers: 'all' } } });
    const token = running.tokens.token();
    const list = () => send(running, token, '/payments', 'GET');
    expect([await list(), await list()]).toEqual([200, 'txn_replayed']);
  });

  it('R114: is recognized by its id, whatever its signature', async () => {
    const running = await service();
    const claims = { tokenId: '0193b1e7c0de7f00a1b2c3d4e5f60718' };
    expect(await send(running, running.tokens.token(claims))).toBe(201);
    expect(await send(running, running.tokens.token({ ...claims, userId: 'another' }))).toBe('txn_replayed');
  });

  it('R114: is not used up by a request that is refused for another reason', async () => {
    const running = await service();
    const tokenId = '0193b1e7c0de7f00a1b2c3d4e5f60718';
    expect(await send(running, running.tokens.token({ tokenId, authenticated: false }))).toBe('txn_scope');
    expect(await send(running, running.tokens.token({ tokenId }))).toBe(201);
  });

  it.each<[string, ReplayStore]>([
    [
      'throws',
      new Scripted(() => {
        throw new Error('down');
      }),
    ],
    ['rejects', new Scripted(() => Promise.reject(new Error('down')))],
    ['does not answer', new Scripted(() => new Promise(() => undefined))],
    ['is full', new MemoryReplayStore({ maxEntries: 0 })],
  ])('R114: with a store that %s is refused with 503, or accepted if so configured', async (_name, store) => {
    jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    const careful = await service({ providers: provided(store), options: { replay: { timeoutMs: 20 } } });
    expect(await send(careful, careful.tokens.token())).toBe('txn_replay_unknown');
    expect(runs).toBe(0);
    const easy = await service({
      providers: provided(store),
      options: { replay: { onFailure: 'accept', timeoutMs: 20 } },
    });
    expect(await send(easy, easy.tokens.token())).toBe(201);
  });
});
