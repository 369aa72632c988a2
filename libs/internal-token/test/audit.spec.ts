import { Controller, Get, Injectable, Logger, Post } from '@nestjs/common';
import { jest } from '@jest/globals';
import { createHash } from 'node:crypto';
import { type ValidationRecord, ValidationSink } from 'nestjs-internal-token';
import { currentStore } from '../src/nest/index.js';
import { ADAPTERS, type Running, start } from './support/adapters.js';

@Controller('orders')
class OrdersController {
  @Get()
  list() {
    return [];
  }

  @Post()
  place() {
    return {};
  }
}

@Injectable()
class Ledger extends ValidationSink {
  readonly records: ValidationRecord[] = [];
  readonly contexts: unknown[] = [];
  override validated(record: ValidationRecord): void {
    this.contexts.push(currentStore());
    this.records.push(record);
  }
}

const hashOf = (token: string) => createHash('sha256').update(token).digest('base64url');

describe.each(ADAPTERS)('Validation records on $adapter', (row) => {
  const open: Running[] = [];
  afterEach(async () => {
    jest.restoreAllMocks();
    for (const { app } of open.splice(0)) await app.close();
  });
  const service = async (parts: Parameters<typeof start>[1] = {}) => {
    const running = await start(row, { controllers: [OrdersController], providers: [Ledger], ...parts });
    open.push(running);
    return running;
  };
  const recordsOf = ({ app }: Running) => app.get(Ledger).records;

  it('R119: record every attempt, good or bad, with the id of its log lines, the hash, the key and the time', async () => {
    const running = await service();
    const [good, expired] = [running.tokens.token(), running.tokens.expired()];
    const answers = [
      await running.get('/orders', good),
      await running.get('/orders', expired),
      await running.get('/orders'),
    ];
    const [kid] = (await running.tokens.keys.source.load(new AbortController().signal)).keys.map((key) => key['kid']);
    const common = { service: 'test', mode: 'strict', durationUs: expect.any(Number), at: expect.any(Number) };
    expect(recordsOf(running)).toEqual([
      { ...common, result: 'accepted', kid, tokenHash: hashOf(good), txn: answers[0]?.headers.get('x-request-id') },
      {
        ...common,
        result: 'refused',
        code: 'txn_expired',
        tokenHash: hashOf(expired),
        txn: answers[1]?.headers.get('x-request-id'),
      },
      { ...common, result: 'refused', code: 'txn_missing', txn: answers[2]?.headers.get('x-request-id') },
    ]);
  });

  it('R119: record a request that is refused before its body is read', async () => {
    const running = await service();
    await fetch(`${running.url}/orders`, { method: 'POST', body: 'x'.repeat(1000) });
    expect(recordsOf(running)).toMatchObject([{ result: 'refused', code: 'txn_missing' }]);
  });

  it('R120: contain no claim, and the user or tenant only if configured', async () => {
    const asked = await service({ options: { audit: { include: ['userId', 'tenantId'] } } });
    const silent = await service();
    // Each has a character that cannot occur in the hashes of the records.
    const claims = { userId: 'ada@example.test', tenantId: 'acme.test', permissions: ['secret:permission'] };
    for (const running of [asked, silent]) {
      await running.get('/orders', running.tokens.token(claims));
      await running.get('/orders', running.tokens.tampered(claims));
    }
    expect(JSON.stringify(recordsOf(silent))).not.toMatch(/ada@|acme\.|secret:|somebody-else|eyJ\w+\./);
    const [accepted, refused] = recordsOf(asked);
    expect(accepted).toMatchObject({ userId: 'ada@example.test', tenantId: 'acme.test' });
    expect(JSON.stringify(refused)).not.toMatch(/ada@|acme\.|somebody-else/);
  });

  it('R119: are written afterwards, outside the request', async () => {
    const running = await service();
    await running.get('/orders', running.tokens.token());
    expect(running.app.get(Ledger).contexts).toEqual([undefined]);
  });

  it.each<[string, () => void | Promise<void>]>([
    [
      'throws',
      () => {
        throw new Error('disk full');
      },
    ],
    ['rejects', () => Promise.reject(new Error('disk full'))],
    ['never settles', () => new Promise(() => undefined)],
  ])('R119: a sink that %s fails no request, and is reported once', async (_name, validated) => {
    const errors: string[] = [];
    jest.spyOn(Logger.prototype, 'error').mockImplementation((line) => void errors.push(String(line)));
    class Broken extends ValidationSink {
      override validated(): void | Promise<void> {
        return validated();
      }
    }
    const running = await service({ providers: [Broken] });
    for (let i = 0; i < 5; i += 1) expect((await running.get('/orders', running.tokens.token())).status).toBe(200);
    expect(errors.filter((line) => line.includes('ValidationSink'))).toHaveLength(_name === 'never settles' ? 0 : 1);
  });

  it('refuses to start with two validation sinks', async () => {
    class Second extends Ledger {}
    await expect(service({ providers: [Ledger, Second] })).rejects.toThrow(/two providers of ValidationSink/);
  });
});
