import { PortError } from '@app/contracts';
import { jest } from '@jest/globals';
import { type INestApplication, Logger, type LoggerService, type ModuleMetadata } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { InternalTokenContext, InternalTokenModule, type SpanRecord, Tracer } from 'nestjs-internal-token';
import { type TestTokenInput, TestTokenIssuer } from 'nestjs-internal-token/testing';
import { Ledger, LedgerApi } from './ledger-port.js';

const AT = '2026-11-01T12:00:00.000Z';

/** How a port is bound: its modules, controllers and providers, and the port they listen on, if any. */
export interface Binding extends ModuleMetadata {
  readonly listen?: number;
}

/** What holds for every binding of a port: a domain cannot tell where its neighbour lives. */
export function portContract(name: string, { listen, ...binding }: Binding): void {
  describe(`a port bound ${name}`, () => {
    const issuer = new TestTokenIssuer();
    const logged: string[] = [];
    const spans: SpanRecord[] = [];
    let module: INestApplication;
    let port: LedgerApi;
    let ledger: Ledger;

    beforeAll(async () => {
      const testing = await Test.createTestingModule({
        ...binding,
        imports: [
          InternalTokenModule.forRoot({ service: 'ledger-test', trustDomain: 'test', keys: issuer.keys }),
          ...(binding.imports ?? []),
        ],
        providers: [Ledger, ...(binding.providers ?? [])],
      })
        .setLogger(false as unknown as LoggerService)
        .compile();
      module = testing.createNestApplication<NestFastifyApplication>(new FastifyAdapter());
      const log = (...text: unknown[]) => void logged.push(text.join(' '));
      Logger.overrideLogger({ log, warn: log, error: log });
      if (listen === undefined) await module.init();
      else await module.listen(listen, '127.0.0.1');
      port = module.get(LedgerApi);
      ledger = module.get(Ledger);
      module.get(Tracer).onEnd((record) => spans.push(record));
    });

    afterAll(() => module.close());

    beforeEach(() => {
      logged.length = 0;
      spans.length = 0;
      ledger.seen.length = 0;
      ledger.hung = 0;
    });

    afterEach(() => jest.restoreAllMocks());

    function as<T>(input: TestTokenInput, call: () => Promise<T>): Promise<T> {
      return module.get(InternalTokenContext).run(issuer.claims({ scope: 'ledger.write ledger.read', ...input }), call);
    }

    /** Calls untyped, like a caller compiled against another version. */
    function call(method: string, input: unknown): Promise<unknown> {
      return as({}, () => (port as unknown as Record<string, (input: unknown) => Promise<unknown>>)[method]!(input));
    }

    /** The span on the answering side: over a wire it ends a little after the call. */
    function answered(op: string): Promise<SpanRecord> {
      const isIt = (record: SpanRecord): boolean => record.op === op && record.kind !== 'client';
      const ended = spans.find(isIt);
      if (ended) return Promise.resolve(ended);
      return new Promise((resolve) => {
        const stop = module.get(Tracer).onEnd((record) => {
          if (!isIt(record)) return;
          stop();
          resolve(record);
        });
      });
    }

    async function refusal(answer: Promise<unknown>): Promise<PortError> {
      const error = await answer.then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(error).toBeInstanceOf(PortError);
      return error as PortError;
    }

    describe('values crossing a port', () => {
      it('match the contract: defaults are filled in, unknown keys dropped', async () => {
        const answer = await call('post', { account: 'a', amount: 1, at: AT });
        expect(answer).toStrictEqual({ account: 'a', at: AT, keys: ['account', 'amount', 'at', 'tags'] });
      });

      it('lose undefined keys, in both directions', async () => {
        const answer = await call('post', { account: 'a', amount: 1, at: AT, note: undefined });
        expect(Object.keys(ledger.seen[0] as object)).not.toContain('note');
        expect(Object.keys(answer as object)).not.toContain('note');
      });

      it('carry dates as ISO strings, in both directions', async () => {
        expect(await call('post', { account: 'a', amount: 1, at: new Date(AT) })).toMatchObject({ at: AT });
        expect(await call('echo', { value: new Date(AT) })).toStrictEqual({ value: AT });
        expect(await call('echo', { value: 'date' })).toStrictEqual({ value: '1970-01-01T00:00:00.000Z' });
      });

      it('carry class instances as plain objects, in both directions', async () => {
        class Money {
          constructor(readonly amount: number) {}
          double(): number {
            return this.amount * 2;
          }
        }
        expect(await call('echo', { value: new Money(3) })).toStrictEqual({ value: { amount: 3 } });
        expect(await call('echo', { value: 'instance' })).toStrictEqual({ value: { kept: 1 } });
      });

      it("are copies: neither side can change the other's", async () => {
        const value = { list: [1] };
        const answer = (await call('echo', { value })) as { value: typeof value };
        answer.value.list.push(2);
        (ledger.seen[0] as typeof value).list.push(3);
        expect(value).toEqual({ list: [1] });
        expect(answer.value).toEqual({ list: [1, 2] });
      });

      it('may not hold NaN, Infinity or sparse arrays', async () => {
        expect(await call('echo', { value: [NaN, Infinity, undefined] })).toStrictEqual({ value: [null, null, null] });
      });
    });

    describe('input that breaks the contract', () => {
      it.each([
        ['a missing key', { account: 'a', at: AT }],
        ['a wrong type', { account: 'a', amount: '1', at: AT }],
        ['an extra key', { account: 'a', amount: 1, at: AT, admin: true }],
        ['a nested extra key', { account: 'a', amount: 1, at: AT, tags: [{ name: 'x', admin: true }] }],
        ['__proto__ as a key', JSON.parse(`{"account":"a","amount":1,"at":"${AT}","__proto__":{"admin":true}}`)],
        ['a value that is not an object', 'text'],
        ['null', null],
        ['nothing', undefined],
        ['a bigint', { account: 'a', amount: 1n, at: AT }],
      ])('is refused before it reaches the implementation: %s', async (_, input) => {
        expect(await refusal(call('post', input))).toMatchObject({ code: 'port_input_invalid', status: 400 });
        expect(ledger.seen).toEqual([]);
      });

      it('is refused when it is circular', async () => {
        const value: Record<string, unknown> = {};
        value['self'] = value;
        expect(await refusal(call('echo', { value }))).toMatchObject({ code: 'port_input_invalid' });
      });

      it('is reported by its path, without the value', async () => {
        const { detail } = await refusal(call('post', { account: 'a', amount: 'my secret', at: AT }));
        expect(detail).toContain('amount');
        expect(detail).not.toContain('my secret');
      });
    });

    it("reports an answer that breaks the contract as the other side's failure, and logs it there", async () => {
      expect(await refusal(call('echo', { value: 'extra' }))).toMatchObject({
        code: 'port_output_invalid',
        status: 502,
      });
      expect(await refusal(call('echo', { value: 'bigint' }))).toMatchObject({ code: 'port_output_invalid' });
      expect(logged.join()).toContain('ledger.echo');
    });

    describe('errors crossing a port', () => {
      it('carry code, status and detail from the domain, without the cause', async () => {
        const error = await refusal(call('fail', { how: 'domain' }));
        expect(error).toMatchObject({ code: 'account_closed', status: 409, detail: 'The account is closed.' });
        expect(error.cause).toBeUndefined();
      });

      it('keep the code of a missing permission and of a database outage', async () => {
        expect(await refusal(call('fail', { how: 'permission' }))).toMatchObject({
          code: 'txn_permission',
          status: 403,
        });
        expect(await refusal(call('fail', { how: 'storage' }))).toMatchObject({
          code: 'storage_unavailable',
          status: 503,
        });
      });

      it.each(['unknown', 'text', 'misuse'])(
        'carry no details when unexpected, and are logged instead: %s',
        async (how) => {
          const error = await refusal(call('fail', { how }));
          expect(error).toMatchObject({ code: 'internal_error', status: 500 });
          expect(error.message + error.stack + JSON.stringify(error)).not.toMatch(/hunter2|transaction/);
          expect(logged.join()).toMatch(/ledger\.fail failed .*(hunter2|transaction)/s);
        },
      );
    });

    describe('the caller of a port', () => {
      it('is the same on the other side', async () => {
        const claims = issuer.claims({ userId: 'ann', scope: 'ledger.read' });
        const answer = await module.get(InternalTokenContext).run(claims, () => port.whoAmI({}));
        expect(answer).toMatchObject({ userId: 'ann', txn: claims.tokenId });
      });

      it('needs a purpose that the method accepts', async () => {
        const post = () => port.post({ account: 'a', amount: 1, at: AT, tags: [] });
        await expect(as({ scope: 'orders.write' }, post)).resolves.toBeDefined();
        expect(await refusal(as({ scope: 'ledger.read' }, post))).toMatchObject({ code: 'txn_scope', status: 403 });
        expect(await refusal(as({ scope: 'orders.write' }, () => port.whoAmI({})))).toMatchObject({
          code: 'txn_scope',
        });
        expect(ledger.seen).toHaveLength(1);
      });

      it('hears about a missing purpose before its input is checked', async () => {
        const error = await refusal(as({ scope: 'ledger.read' }, () => port.post({} as never)));
        expect(error.code).toBe('txn_scope');
      });

      it('needs verified claims', async () => {
        expect(await refusal(port.whoAmI({}))).toMatchObject({ code: 'txn_no_context' });
      });

      it('R8a, R98: is refused once its token has expired, even in process', async () => {
        const now = Date.now();
        const expired = as({ notAfter: Math.floor(now / 1000) + 2 }, () => {
          jest.spyOn(Date, 'now').mockReturnValue(now + 60_000);
          return port.echo({ value: 1 });
        });
        expect(await refusal(expired)).toMatchObject({ code: 'txn_expired', status: 401 });
        expect(ledger.seen).toEqual([]);
      });

      it('waits no longer than its token is valid', async () => {
        let error: PortError;
        let seconds = 1;
        do {
          // More if the machine stalled for all of it before the call arrived.
          seconds *= 2;
          error = await refusal(as({ notAfter: Math.floor(Date.now() / 1000) + seconds }, () => port.hang({})));
        } while (ledger.hung === 0);
        expect(error).toMatchObject({ code: 'port_timeout', status: 504 });
      });

      it('is never confused with another caller', async () => {
        const users = Array.from({ length: 200 }, (_, index) => `user-${index}`);
        const answers = await Promise.all(users.map((userId) => as({ userId }, () => port.whoAmI({}))));
        expect(answers.map(({ userId }) => userId)).toEqual(users);
        expect(new Set(answers.map(({ txn }) => txn)).size).toBe(users.length);
      });
    });

    it('has no method for a name outside the contract', () => {
      expect(ledger).toHaveProperty('erase');
      expect(port).not.toHaveProperty('erase');
      expect(port).not.toHaveProperty('seen');
    });

    it('records each call as a span of the answering domain, and as parent of its work', async () => {
      await call('whoAmI', {});
      const lookup = spans.find(({ op }) => op === 'ledger.lookup');
      const answering = await answered('ledger.whoAmI');
      expect(answering.service).toBe('ledger');
      expect(['ok', 200]).toContain(answering.status);
      expect(lookup).toMatchObject({ service: 'ledger', parentSpanId: answering.spanId, traceId: answering.traceId });
    });

    it('records a failed call as a failed span', async () => {
      await refusal(call('fail', { how: 'domain' }));
      expect((await answered('ledger.fail')).error).toBeInstanceOf(PortError);
    });
  });
}
