import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { linesOf } from '../../../../scripts/lib/capture-builder.mjs';
import { SpanReceiver } from '../../../../test/support/otlp/span-receiver.js';
import { idOf } from '../../test/support/planted.js';
import type { CaptureReport, TraceReport } from '../trace/index.js';
import { widthOf } from '../trace/render/columns.js';
import { runItok } from './index.js';

const CAPTURES = fileURLToPath(new URL('../../../../test/captures', import.meta.url));
const capture = (name: string): string => join(CAPTURES, `${name}.ndjson`);

describe('itok', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'itok-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const run = async (args: readonly string[], { input, columns = 130 }: { input?: string; columns?: number } = {}) => {
    let out = '';
    let error = '';
    const code = await runItok(args, {
      out: (text) => (out += text),
      error: (text) => (error += text),
      colours: false,
      columns,
      ...(input !== undefined && { input: piped(input) }),
    });
    return { code, out, error };
  };
  const json = async <T>(...args: string[]): Promise<T> => {
    const { code, out, error } = await run([...args, '--json']);
    if (code !== 0) throw new Error(error);
    return JSON.parse(out) as T;
  };
  const write = (name: string, content: string | Buffer): string => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };

  describe('trace', () => {
    it("prints the caller's half of a call as its own row with --spans", async () => {
      const { out } = await run(['trace', 'last', capture('bottleneck'), '--spans']);
      expect(out.match(/inventory\.reserve/g)).toHaveLength(2);
    });

    it('accepts the first or last digits of an id, as logs for people show it', async () => {
      const lines = linesOf(
        { service: 'gateway', op: 'GET /me', kind: 'server', at: 0, dur: 1 },
        { txn: 'ab'.repeat(16) },
      );
      const path = write('other.log', lines.map((line) => JSON.stringify(line)).join('\n'));
      for (const id of ['ab'.repeat(16), 'abababab', 'ababababab']) {
        const { trace } = await json<{ trace: TraceReport }>('trace', id, path, CAPTURES);
        expect(trace.op).toBe('GET /me');
      }
    });

    it('asks for more digits of an id that two requests share', async () => {
      const { code, error } = await run(['trace', '019a4f2b', CAPTURES]);
      expect(code).toBe(2);
      expect(error).toContain('12 requests have an id that begins or ends with 019a4f2b');
    });

    it('finds the slowest and the last failed request', async () => {
      expect((await json<{ trace: TraceReport }>('trace', 'slowest', CAPTURES)).trace.txn).toBe(idOf(9));
      expect((await json<{ trace: TraceReport }>('trace', 'failed', CAPTURES)).trace.failed).toBe(true);
    });

    it('says so if no request has failed', async () => {
      const { code, error } = await run(['trace', 'failed', capture('bottleneck')]);
      expect(code).toBe(2);
      expect(error).toContain('No request that failed has ended in these logs (read 10 lines of 1 file');
    });

    it('accepts an id as other tools write it', async () => {
      const uuid = idOf(1)
        .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
        .toUpperCase();
      expect((await json<{ trace: TraceReport }>('trace', uuid, CAPTURES)).trace.txn).toBe(idOf(1));
    });

    it('reads piped input and gzip files', async () => {
      const text = readFileSync(capture('bottleneck'), 'utf8');
      const packed = write('packed.log.gz', gzipSync(text));
      const expected = (await json<{ trace: TraceReport }>('trace', idOf(1), capture('bottleneck'))).trace;
      expect((await json<{ trace: TraceReport }>('trace', idOf(1), packed)).trace).toEqual(expected);
      const { out } = await run(['trace', idOf(1), '--json'], { input: text });
      expect((JSON.parse(out) as { trace: TraceReport }).trace).toEqual(expected);
    });

    it('counts broken lines and continues', async () => {
      const text = readFileSync(capture('bottleneck'), 'utf8');
      const path = write(
        'broken.log',
        `{"time":1,"txn":"${idOf(1)}"\n${text}{"level":"info"\nnot JSON of ${idOf(1)}\n`,
      );
      const { code, out } = await run(['trace', 'last', path]);
      expect(code).toBe(0);
      expect(out).toContain('3 of them broken and skipped');
    });

    it('shows the longest of ten thousand spans, and the number left out', async () => {
      const calls = Array.from({ length: 9_999 }, (_, index) => ({
        service: 'orders',
        op: `step ${index}`,
        at: index,
        dur: 0.5 + (index % 7) / 20,
      }));
      const lines = linesOf({ service: 'gateway', op: 'POST /import', kind: 'server', at: 0, dur: 10_000, calls });
      const path = write('large.log', lines.map((line) => JSON.stringify(line)).join('\n'));
      const { trace } = await json<{ trace: TraceReport }>('trace', 'last', path);
      expect(trace.spans).toHaveLength(10_000);
      const { out } = await run(['trace', 'last', path, '--limit', '50']);
      expect(out.split('\n').length).toBeLessThan(70);
      expect(out).toContain('9,950 shorter spans not shown');
    });

    it('shows a chain of thousands of failures in a bounded number of rows', async () => {
      const depth = 3_000;
      let step: object | undefined;
      for (let level = depth; level >= 0; level--) {
        const of = level === 0 ? { kind: 'server', status: 500 } : { status: 'error' };
        step = { service: 'orders', op: `step ${level}`, at: 0, dur: 10, ...of, ...(step && { calls: [step] }) };
      }
      const lines = linesOf(step as Parameters<typeof linesOf>[0]);
      const path = write('deep.log', lines.map((line) => JSON.stringify(line)).join('\n'));
      const { out } = await run(['trace', 'last', path]);
      expect(out.length).toBeLessThan(100_000);
      expect(out).toContain('… 2,941 more …');
      expect(out).toContain(`step ${depth}  error at`);
    });

    it('shows no more rows than --limit, however deep a failure is', async () => {
      let step: object | undefined;
      for (let level = 500; level >= 0; level--) {
        const status = level === 0 ? 200 : level === 500 ? 'error' : 'ok';
        const kind = level === 0 ? 'server' : 'internal';
        step = { service: 'orders', op: `step ${level}`, kind, status, at: 0, dur: 10, ...(step && { calls: [step] }) };
      }
      const lines = linesOf(step as Parameters<typeof linesOf>[0]);
      const path = write('deep.log', lines.map((line) => JSON.stringify(line)).join('\n'));
      const { out } = await run(['trace', 'last', path, '--limit', '50']);
      expect(out.split('\n').length).toBeLessThan(80);
    });

    it('fences a hundred thousand backticks', async () => {
      const notes = Array.from({ length: 3_000 }, () => ({ at: 1, msg: '` '.repeat(100) }));
      const lines = linesOf({ service: 'gateway', op: 'GET /', kind: 'server', at: 0, dur: 3, notes });
      const path = write('ticks.log', lines.map((line) => JSON.stringify(line)).join('\n'));
      expect((await run(['trace', 'last', path, '--md'])).code).toBe(0);
    });

    it('shows a negative token age, because a clock is wrong', async () => {
      const tok = { age_ms: -2_500, ttl_ms: 60_000 };
      const lines = linesOf({ service: 'gateway', op: 'GET /', kind: 'server', at: 0, dur: 3, tok });
      const path = write('age.log', lines.map((line) => JSON.stringify(line)).join('\n'));
      expect((await run(['trace', 'last', path])).out).toContain('−2.5 s');
    });

    it('keeps its columns aligned with Japanese text', async () => {
      const calls = [
        { service: 'orders', op: 'order.place', at: 0, dur: 8 },
        { service: '在庫', op: '在庫を引き当てる 🍣', at: 0, dur: 6 },
        { service: 'orders', op: `注文を確定する${'、とても長い名前'.repeat(9)}`, at: 0, dur: 4 },
      ];
      const notes = [{ at: 1, msg: `ご注文を承りました。${'👨‍👩‍👧 ｶﾞ '.repeat(60)}` }];
      const lines = linesOf({ service: 'gateway', op: 'POST /orders', kind: 'server', at: 0, dur: 9, calls, notes });
      const path = write('japanese.log', lines.map((line) => JSON.stringify(line)).join('\n'));
      const { out } = await run(['trace', 'last', path]);
      const rows = out.split('\n').filter((line) => /[█▓░] .* ms/.test(line));
      expect(rows).toHaveLength(4);
      for (const part of [/^.*?(?=[█▓░])/, /^.*? ms(?=.* ms)/]) {
        expect(new Set(rows.map((row) => widthOf(part.exec(row)?.[0] ?? ''))).size).toBe(1);
      }
      const [note = ''] = out.split('\n').filter((line) => line.includes('ご注文'));
      expect(note).toMatch(/…$/);
      expect(widthOf(note)).toBeLessThanOrEqual(130);
      const table = (await run(['top', path])).out.split('\n').filter((line) => / ms .* %$/.test(line));
      expect(table).toHaveLength(4);
      expect(new Set(table.map((line) => widthOf(line))).size).toBe(1);
    });

    it.each([60, 100])('fits into %i columns, however long a name is', async (columns) => {
      const kind = 'server' as const;
      const calls = [
        { service: '在庫', op: `GET /${'とても長い/'.repeat(20)}`, kind, at: 1, dur: 6 },
        { service: 'a-service-of-many-words', op: `GET /${'very-long/'.repeat(20)}`, kind, at: 1, dur: 4 },
      ];
      const lines = linesOf({ service: 'gateway', op: 'POST /orders', kind, at: 0, dur: 9, calls });
      const [{ time, txn }] = lines as [{ time: number; txn: string }];
      const note = { time, txn, level: 'info', service: 'orders', msg: 'スパンの外。'.repeat(40) };
      const path = write('long.log', [...lines, note].map((line) => JSON.stringify(line)).join('\n'));
      const { out } = await run(['trace', 'last', path], { columns });
      expect(out).toContain('スパンの外。');
      const rows = out.split('\n').filter((line) => /[█▓░] .* ms|スパンの外/.test(line));
      expect(rows).toHaveLength(4);
      const table = (await run(['top', path], { columns })).out.split('\n').filter((line) => / ms/.test(line));
      expect(table).toHaveLength(6);
      for (const line of [...rows, ...table]) expect(widthOf(line)).toBeLessThanOrEqual(columns);
    });

    it('leaves out lines outside spans too with --no-notes', async () => {
      const [first = ''] = readFileSync(capture('bottleneck'), 'utf8').split('\n');
      const { time, txn } = JSON.parse(first) as Record<string, unknown>;
      const note = JSON.stringify({ time, txn, level: 'info', service: 'orders', msg: 'outside' });
      const path = write('stray.log', `${readFileSync(capture('bottleneck'), 'utf8')}${note}\n`);
      expect((await run(['trace', 'last', path])).out).toContain('orders info: outside');
      expect((await run(['trace', 'last', path, '--no-notes'])).out).not.toContain('outside');
    });

    it('reports a damaged archive even if nothing was found in it', async () => {
      const packed = gzipSync(readFileSync(capture('bottleneck')));
      const path = write('cut.log.gz', packed.subarray(0, 200));
      const { code, error } = await run(['trace', 'last', path]);
      expect(code).toBe(2);
      expect(error).toContain('the archive is damaged or cut off');
      expect(error).toContain('add its log');
    });

    it('says what to do if a page cannot be written', async () => {
      const path = join(folder, 'no-such-directory', 'page.html');
      const { code, error } = await run(['trace', 'last', capture('bottleneck'), '--html', path]);
      expect(code).toBe(1);
      expect(error).toContain(`${path} cannot be written (ENOENT): name a file in a directory`);
    });

    it('turns no text of a log into a link, a list or a formula', async () => {
      const op = '- https://evil.example www.evil.example #12 $x$ @team';
      const lines = linesOf({ service: 'gateway', op, kind: 'server', at: 0, dur: 3 });
      const path = write('links.log', lines.map((line) => JSON.stringify(line)).join('\n'));
      const { out } = await run(['trace', 'last', path, '--md']);
      const outside = out.replace(/(`{3,})text\n.*?\n\1/s, '');
      expect(outside).not.toMatch(/^(?:### )?- |:\/\/|www\.|#\d|(?<!\\)\$|@\w/m);
    });

    it('turns no text of a log into cursor movement or markup', async () => {
      const evil = '\u001b[2J\u009b31m</script><img src=x onerror=alert(1)>```\n# heading @everyone';
      const lines = linesOf({
        service: 'gateway',
        op: `GET ${evil}`,
        kind: 'server',
        at: 0,
        dur: 3,
        status: 500,
        err: { type: 'Error', message: evil },
        notes: [{ at: 1, msg: evil }],
      });
      const path = write('evil.log', lines.map((line) => JSON.stringify(line)).join('\n'));
      for (const view of [[], ['--md'], ['--json']]) {
        const { out } = await run(['trace', 'last', path, ...view]);
        // eslint-disable-next-line no-control-regex
        expect(out).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
      }
      const { out } = await run(['trace', 'last', path, '--md']);
      expect(out.replace(/(`{3,})text\n.*?\n\1/s, '')).not.toMatch(/<img|^# heading|@everyone/m);
    });

    it('writes a self-contained page', async () => {
      const page = join(folder, 'out.html');
      const { code, out } = await run(['trace', 'slowest', CAPTURES, '--html', page]);
      expect({ code, out }).toEqual({ code: 0, out: `✓ ${page}: open it in a browser\n` });
      expect(readFileSync(page, 'utf8')).toContain(idOf(9));
    });

    it('prints the ids of the log as OTLP and Zipkin', async () => {
      for (const format of ['--otlp', '--zipkin']) {
        const { out } = await run(['trace', 'last', capture('error'), format]);
        const ids = new Set(out.match(/"(?:spanId|id)": "[0-9a-f]{16}"/g));
        expect(ids.size).toBe(5);
        expect(out).toContain(idOf(7));
      }
    });

    it('follows a log and prints each request as it ends', async () => {
      const path = write('live.log', '');
      const stop = new AbortController();
      const said: string[] = [];
      const following = runItok(['trace', '--follow', path], {
        out: (text) => said.push(text),
        error: (text) => said.push(text),
        colours: false,
        signal: stop.signal,
      });
      // When it starts polling is up to the command.
      while (said.length === 0) {
        appendFileSync(path, readFileSync(capture('error')));
        await delay(50);
      }
      stop.abort();
      expect(await following).toBe(0);
      expect(said[0]).toMatch(/^09:30:00\.000 {2}…00000007 {2}500 {4}61\.0 ms {2}POST \/orders {2}acme\n$/);
    });

    it('prints each request even if another log written at the same time lags behind', async () => {
      const ends = readFileSync(capture('gap'), 'utf8').trim().split('\n');
      const whole = JSON.parse(ends.at(-1) ?? '') as { time: number };
      const log = (late: number): string =>
        Array.from({ length: 700 }, (_, index) => {
          const ids = { txn: idOf(10_000 + late + index), trace_id: idOf(10_000 + late + index) };
          return `${JSON.stringify({ ...whole, ...ids, time: whole.time + index - late })}\n`;
        }).join('');
      const { out } = await run(['trace', '--follow'], { input: log(0) + log(5_000) });
      expect(out.trimEnd().split('\n')).toHaveLength(1_400);
    });

    it('waits for one request and prints all of it', async () => {
      const { code, out } = await run(['trace', '--follow', idOf(7), capture('error')]);
      expect(code).toBe(0);
      expect(out).toContain('which began with select stock in inventory');
    });

    it('prints what is known of a request that has not ended when the pipe ends', async () => {
      const [first = ''] = readFileSync(capture('unfinished'), 'utf8').split('\n');
      const { code, out } = await run(['trace', '--follow', idOf(8)], { input: `${first}\n` });
      expect(code).toBe(0);
      expect(out).toContain(idOf(8));
      expect(await run(['trace', '--follow', idOf(9)], { input: `${first}\n` })).toMatchObject({ code: 2, out: '' });
    });

    it('exits with 130 when stopped while posting, and says what was sent', async () => {
      const receiver = await SpanReceiver.start();
      try {
        const stop = new AbortController();
        receiver.answer = () => stop.abort();
        let error = '';
        const terminal = { out: () => true, error: (text: string) => (error += text), colours: false };
        const args = ['trace', 'last', capture('bottleneck'), '--post', receiver.url];
        expect(await runItok(args, { ...terminal, signal: stop.signal })).toBe(130);
        expect(error).toContain(`✗ Stopped: ${receiver.url}/v1/traces accepted 0 of 9 spans; 9 were in flight`);
      } finally {
        await receiver.stop();
      }
    });

    it('exits with 130 when stopped', async () => {
      const terminal = { out: () => true, error: () => true, colours: false, signal: AbortSignal.abort() };
      expect(await runItok(['trace', 'last', CAPTURES], terminal)).toBe(130);
    });

    it.each([
      [['trace', '--follow', 'last', CAPTURES], '"last" names a request that has ended'],
      [['trace', '--follow', idOf(7), CAPTURES, '--otlp'], '--otlp needs a whole request'],
      [['trace', 'last', '/dev/null'], 'can be read only once'],
      [['trace'], 'Which request? Give its id'],
      [['trace', 'logs/'], '"logs/" does not name a request'],
      [['trace', '__proto__', CAPTURES], '"__proto__" does not name a request'],
      [['trace', 'last', 'no-such-file'], 'no-such-file does not exist'],
      [['trace', idOf(4095), CAPTURES], `No line belongs to ${idOf(4095)} (read 130 lines of 12 files`],
      [['trace', 'last', CAPTURES, '--limit', '0'], 'Give a whole number of at least 1'],
      [['trace', 'last', CAPTURES, '--post', 'ftp://127.0.0.1'], 'The address to post to is not valid'],
      [['top', 'no-such-file'], 'no-such-file does not exist'],
      [['trace', 'last', CAPTURES, '--json', '--md'], "option '--json' cannot be used with option '--md'"],
      [['trace', 'last', CAPTURES, '--otlp', '--zipkin'], "option '--otlp' cannot be used with option '--zipkin'"],
      [['trace', 'last', CAPTURES, '--header', 'a: b'], 'needs --post'],
      [['top', CAPTURES, '--json', '--md'], "option '--json' cannot be used with option '--md'"],
      [['map', CAPTURES, '--mermaid', '--dot'], "option '--mermaid' cannot be used with option '--dot'"],
      [['map', '/dev/null'], 'add its log'],
    ])('exits with 2 for %j and says what to do', async (args, message) => {
      const { code, out, error } = await run(args);
      expect({ code, out }).toEqual({ code: 2, out: '' });
      expect(error).toContain(message);
    });

    it('refuses to read a pipe twice', async () => {
      const { code, error } = await run(['trace', 'last'], { input: '' });
      expect(code).toBe(2);
      expect(error).toContain('a pipe can be read only once');
    });
  });

  describe('top', () => {
    it('has shares of the critical path that add up', async () => {
      const { capture: report } = await json<{ capture: CaptureReport }>('top', CAPTURES);
      const sum = report.operations.reduce((total, { criticalShare }) => total + criticalShare, 0);
      expect(sum).toBeCloseTo(1, 6);
      expect(report).toMatchObject({ requests: 12, failed: 3, late: 0 });
    });
  });

  describe('top, with operations that have not ended', () => {
    it('prints no unknown numbers', async () => {
      const { out } = await run(['top', capture('unfinished'), '--base', capture('unfinished')]);
      expect(out).not.toMatch(/NaN|0\.00 ms/);
    });
  });

  describe('map', () => {
    it('turns no name into a directive of Mermaid', async () => {
      const lines = linesOf({ service: '%%{init: {}}%%"]', op: 'GET /', kind: 'server', at: 0, dur: 3 });
      const path = write('evil.log', lines.map((line) => JSON.stringify(line)).join('\n'));
      expect((await run(['map', path, '--mermaid'])).out).not.toMatch(/%%\{|"\]"/);
    });
  });
});

async function* piped(text: string): AsyncGenerator<Buffer> {
  yield Buffer.from(text);
}
