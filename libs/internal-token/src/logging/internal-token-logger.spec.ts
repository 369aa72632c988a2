import { Logger } from '@nestjs/common';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { enterStore, type InternalTokenStore } from '../nest/context/internal-token-store.js';
import { InternalTokenLogger, type InternalTokenLoggerOptions } from './internal-token-logger.js';
import type { LogLine } from './log-line.js';

const TOKEN = `eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhZGEifQ.${'c2lnbmF0dXJl'.repeat(5)}`;
const txn = '0193b1e7c0de7f00a1b2c3d4e5f60718';

function capture(options: Partial<InternalTokenLoggerOptions> = {}) {
  const written: string[] = [];
  const destination = { write: (text: string) => written.push(text) };
  const logger = new InternalTokenLogger({ service: 'orders', instance: 'orders-1', destination, ...options });
  return { logger, written, last: () => JSON.parse(written.at(-1) ?? '') as LogLine };
}

/** Enters a context with the id of a request and its span, as the request hook does. */
function inRequest<T>(span: object, fn: () => T): T {
  return enterStore({ txn, span } as InternalTokenStore, fn);
}

const span = { spanId: 'aaaaaaaaaaaaaaaa', parentSpanId: 'bbbbbbbbbbbbbbbb', service: 'inventory' };

describe('InternalTokenLogger', () => {
  it('writes one object per line, and one line per call in one write', () => {
    const { logger, written } = capture();
    logger.log('first', 'second', { a: 1 }, [2], 'Context');
    logger.error('broken', new Error('inner').stack, 'Context');
    expect(written).toHaveLength(2);
    for (const text of written) {
      expect(text.indexOf('\n')).toBe(text.length - 1);
      expect(JSON.parse(text)).toMatchObject({ service: 'orders', instance: 'orders-1', context: 'Context' });
    }
  });

  it('writes times with microseconds, in order', () => {
    const { logger, written } = capture();
    for (let count = 0; count < 50; count++) logger.log(`${count}`);
    const times = written.map((text) => (JSON.parse(text) as LogLine).time);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(times.some((time) => !Number.isInteger(time))).toBe(true);
    expect(Math.abs((times[0] ?? 0) - Date.now())).toBeLessThan(60_000);
  });

  it('writes no ids outside a request', () => {
    const { logger, last } = capture();
    logger.log('started');
    expect(Object.keys(last())).toEqual(['time', 'level', 'msg', 'service', 'instance']);
  });

  it('R117, R126: writes the ids of the request, also after awaits and in child tasks', async () => {
    const { logger, written } = capture();
    const background: Promise<void>[] = [];
    await inRequest(span, async () => {
      logger.log('now');
      await new Promise((resolve) => setTimeout(resolve, 1));
      logger.log('after an await');
      background.push(
        new Promise((resolve) =>
          setImmediate(() => {
            logger.log('in a child task');
            resolve();
          }),
        ),
      );
    });
    await Promise.all(background);
    expect(written).toHaveLength(3);
    for (const text of written) {
      expect(JSON.parse(text)).toMatchObject({
        txn,
        trace_id: txn,
        span_id: span.spanId,
        parent_span_id: span.parentSpanId,
        service: 'inventory',
      });
    }
  });

  it('reads its arguments as Nest does: context, stack, params, errors', () => {
    const { logger, last } = capture();
    logger.log('stock', { item: 'tea', left: 3 }, 'Stock');
    expect(last()).toMatchObject({ level: 'info', msg: 'stock', context: 'Stock', params: { item: 'tea', left: 3 } });
    logger.error('failed', new RangeError('too many').stack, 'Stock');
    expect(last()).toMatchObject({ level: 'error', err: { type: 'RangeError', message: 'failed' } });
    logger.warn(new TypeError('odd'));
    expect(last()).toMatchObject({ level: 'warn', msg: 'odd', err: { type: 'TypeError', message: 'odd' } });
    logger.fatal('gone', new Error('why'), 'Stock');
    expect(last()).toMatchObject({ level: 'fatal', msg: 'gone', err: { message: 'why' }, context: 'Stock' });
    logger.debug({ message: 'an object', size: 2 });
    expect(last()).toMatchObject({ level: 'debug', msg: 'an object', params: { size: 2 } });
    logger.verbose(() => 'only when needed');
    expect(last()).toMatchObject({ level: 'trace', msg: 'only when needed' });
    logger.log([1, 2]);
    expect(last()).toMatchObject({ msg: '', params: { args: [[1, 2]] } });
    logger.log(undefined);
    expect(last()).toMatchObject({ msg: 'undefined' });
    logger.log(class Named {});
    expect(last()).toMatchObject({ msg: 'Named' });
  });

  it("works behind Nest's own Logger and shows its context", () => {
    const { logger, last } = capture();
    Logger.overrideLogger(logger);
    try {
      new Logger('Catalog').error('no such item', { item: 7 });
      expect(last()).toMatchObject({ msg: 'no such item', context: 'Catalog', params: { item: 7 } });
    } finally {
      Logger.overrideLogger(false);
    }
  });

  it('does not let logged data overwrite a member of the line', () => {
    const { logger, last } = capture();
    const forged = { time: 0, level: 'fatal', service: 'x', instance: 'x', txn: 'x', span_id: 'x', ev: 'end', dur: 1 };
    inRequest(span, () => logger.log('message', { ...forged, msg: 'x', err: 'x', tok: {} }));
    expect(last()).toMatchObject({ level: 'info', msg: 'message', txn, service: 'inventory', instance: 'orders-1' });
    expect(last().ev).toBeUndefined();
    expect(last().params).toMatchObject({ ...forged, msg: 'x' });
  });

  it('R115, R116: prints no credential, wherever it is', () => {
    const { logger, written } = capture();
    const error = Object.assign(new Error(`refused ${TOKEN}`), { config: { headers: { authorization: 'Basic zzz' } } });
    logger.log(TOKEN, TOKEN);
    logger.log(`Txn-Token: ${TOKEN}`, { headers: { cookie: 'session=zzz' }, deep: [[{ [TOKEN]: TOKEN }]] });
    logger.error(error, error.stack, TOKEN);
    logger.error(error, { error, list: [error] });
    logger.log({ message: TOKEN, raw: ['Authorization', 'Basic zzz'] });
    logger.log(() => TOKEN);
    expect(written.join('')).not.toContain('eyJ');
    expect(written.join('')).not.toContain('zzz');
  });

  it('R121: shortens values from outside and prints only printable characters', () => {
    const { logger, written, last } = capture();
    logger.log(`kid\n{"level":"fatal"}\u001b[2J\u2028\u202e\u0085${'x'.repeat(100_000)}`, { kid: 'y'.repeat(100_000) });
    expect(written[0]).toMatch(/^[\x20-\x7e…]+\n$/);
    expect(written[0]?.length).toBeLessThan(20_000);
    expect(last().msg.startsWith('kid\n{"level":"fatal"}\u001b[2J\u2028\u202e\u0085xxx')).toBe(true);
  });

  it('R121: bounds a line, however many values are logged at once', () => {
    const { logger, written, last } = capture();
    const values = Array.from({ length: 5_000 }, (_, index) => ({ [`member${index}`]: 'x'.repeat(2_000) }));
    logger.log('many', ...values, 'Context');
    logger.log('many', ...values.map((_, index) => new Error(`${index} ${'x'.repeat(8_000)}`)), 'Context');
    for (const text of written) expect(text.length).toBeLessThan(120_000);
    expect(last()).toMatchObject({ msg: 'many', context: 'Context', err: { type: 'Error' } });
    expect(last().params?.['args']).toContain('[4900 more]');
  });

  it('never throws, whatever is logged', () => {
    const { logger, written } = capture();
    const cycle: unknown[] = [];
    cycle.push(cycle);
    const { proxy, revoke } = Proxy.revocable(new Error('x'), {});
    revoke();
    for (const value of [
      cycle,
      proxy,
      Symbol('s'),
      1n,
      Object.create(null),
      {
        get a() {
          throw new Error('a');
        },
      },
    ]) {
      logger.log(value);
      logger.error('message', value, 'Context');
    }
    logger.log(() => {
      throw new Error('lazy');
    });
    const nameless = Object.defineProperty(class {}, 'name', {
      get: () => {
        throw new Error('name');
      },
    });
    logger.log(nameless);
    expect(written).toHaveLength(14);
    for (const text of written) expect(() => JSON.parse(text) as unknown).not.toThrow();
  });

  it("accepts a lowest level in Nest's or its own names, or a list of levels", () => {
    for (const options of [{ level: 'warn' }, { levels: ['warn', 'error', 'fatal'] as const }]) {
      const { logger, written } = capture(options);
      logger.log('no');
      logger.debug('no');
      logger.warn('yes');
      logger.error('yes');
      expect(written).toHaveLength(2);
    }
    const info = capture({ level: 'info' });
    info.logger.log('yes');
    info.logger.debug('no');
    expect(info.written).toHaveLength(1);
    expect(() => capture({ level: 'loud' })).toThrow(/"level" must be "trace", "debug", "info".*, not "loud"/);
  });

  it('names the process by host and process id by default', () => {
    const written: string[] = [];
    new InternalTokenLogger({ service: 'orders', destination: { write: (text) => written.push(text) } }).log('x');
    expect((JSON.parse(written[0] ?? '') as LogLine).instance).toMatch(new RegExp(`^.+-${process.pid}$`));
  });

  it('publishes each line that it writes in any format, without secrets', () => {
    const heard: unknown[] = [];
    const listener = (line: unknown) => heard.push(line);
    subscribe('nestjs-internal-token:log-line', listener);
    const pretty = capture({ format: 'pretty', colors: false, level: 'info' });
    const json = capture();
    pretty.logger.log(`with ${TOKEN}`, { password: 'hunter2' });
    pretty.logger.debug('not written');
    json.logger.warn('plain');
    unsubscribe('nestjs-internal-token:log-line', listener);
    json.logger.warn('nobody listens');
    expect(heard).toHaveLength(2);
    expect(heard[0]).toMatchObject({ msg: 'with [redacted]', params: { password: '[redacted]' }, level: 'info' });
    expect(heard[1]).toEqual(JSON.parse(json.written[0] ?? ''));
  });
});
