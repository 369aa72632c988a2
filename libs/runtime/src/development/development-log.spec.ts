import { spawn } from 'node:child_process';
import { channel } from 'node:diagnostics_channel';
import { once } from 'node:events';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describeIf } from '../../../../test/support/programs.js';
import { DevelopmentLog, type DevelopmentLogOptions } from './development-log.js';

const line = (msg: string) => ({ time: 1, level: 'info', msg, service: 'orders', instance: 'here-1' });
/** Of a line of one letter in its file. */
const BYTES = JSON.stringify(line('a')).length + 1;

describe('The development log', () => {
  const lines = channel('nestjs-internal-token:log-line');
  const problems: string[] = [];
  const open: DevelopmentLog[] = [];
  let directory: string;

  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'development-log-'))));
  afterEach(() => {
    for (const log of open.splice(0)) log.close();
    rmSync(directory, { recursive: true, force: true });
    problems.length = 0;
  });

  const keep = (options: Partial<DevelopmentLogOptions> = {}): DevelopmentLog => {
    const report = (problem: string): unknown => problems.push(problem);
    const log = new DevelopmentLog({ service: 'orders', directory, report, ...options });
    open.push(log);
    return log;
  };
  const say = (...messages: string[]): void => messages.forEach((msg) => lines.publish(line(msg)));
  const kept = (file = 'orders.ndjson'): string[] =>
    readFileSync(join(directory, file), 'utf8')
      .split('\n')
      .filter((text) => text !== '')
      .map((text) => (JSON.parse(text) as { msg: string }).msg);

  it('appends each published line as one line of JSON to those of earlier starts', () => {
    writeFileSync(join(directory, 'orders.ndjson'), '{"msg":"earlier"}\n');
    keep();
    say('two\nlines');
    say('another');
    expect(kept()).toEqual(['earlier', 'two\nlines', 'another']);
  });

  it('creates the directory, and a file that only its owner can read', () => {
    keep({ directory: join(directory, 'log') });
    say('x');
    expect(statSync(join(directory, 'log/orders.ndjson')).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(directory, 'log'))).toEqual(['orders.ndjson']);
  });

  it('starts a new file at the size limit and keeps the previous one', () => {
    keep({ limitBytes: 2 * BYTES });
    say('a', 'b', 'c', 'd', 'e', 'f');
    expect(kept('orders.ndjson.1')).toEqual(['c', 'd']);
    expect(kept()).toEqual(['e', 'f']);
    expect(readdirSync(directory).toSorted()).toEqual(['orders.ndjson', 'orders.ndjson.1']);
  });

  it('loses no line when two processes write to one file', () => {
    for (const _ of [1, 2]) keep({ limitBytes: 6 * BYTES });
    // Both receive each line here, as two processes would receive their own.
    const messages = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    say(...messages);
    const both = [...kept('orders.ndjson.1'), ...kept()];
    expect(both.toSorted()).toEqual(messages.flatMap((each) => [each, each]));
  });

  it('survives two processes that start a new file at the same time', async () => {
    const hooks = new URL('../../../../test/support/storage/typescript-hooks.mjs', import.meta.url).href;
    const script = `
      import { channel } from 'node:diagnostics_channel';
      const { DevelopmentLog } = await import(${JSON.stringify(new URL('./development-log.ts', import.meta.url).href)});
      const [directory] = process.argv.slice(1);
      const log = new DevelopmentLog({ service: 'orders', directory, limitBytes: 1, report: console.log });
      console.log('ready');
      process.stdin.once('data', () => {
        for (let line = 0; line < 500; line++) channel('${lines.name as string}').publish({ msg: String(line) });
        log.close();
        process.exit();
      });`;
    const replicas = [1, 2].map(() =>
      spawn(process.execPath, ['--import', hooks, '--input-type=module', '-e', script, directory], {
        stdio: ['pipe', 'pipe', 'inherit'],
      }),
    );
    const said = replicas.map(({ stdout }) => text(stdout));
    await Promise.all(replicas.map(({ stdout }) => once(stdout, 'data')));
    for (const { stdin } of replicas) stdin.write('go');
    expect(await Promise.all(said)).toEqual(['ready\n', 'ready\n']);
    expect(readdirSync(directory).toSorted()).toEqual(['orders.ndjson', 'orders.ndjson.1']);
  });

  it('is created again after it was deleted', () => {
    keep({ limitBytes: 1 });
    rmSync(directory, { recursive: true });
    say('x');
    say('y');
    expect(kept()).toEqual(['y']);
    expect(problems).toEqual([]);
  });

  it('ends, says so once and fails nobody where the disk takes nothing', () => {
    writeFileSync(join(directory, 'file'), '');
    keep({ directory: join(directory, 'file/log') });
    say('x', 'y');
    expect(problems).toEqual([expect.stringMatching(/^No more lines in .*orders\.ndjson: /)]);
  });

  describeIf(existsSync('/dev/full'), 'No /dev/full on this machine.', 'on a full disk', () => {
    it('does so too', () => {
      symlinkSync('/dev/full', join(directory, 'orders.ndjson'));
      keep();
      say('x', 'y');
      expect(problems).toEqual([expect.stringContaining('ENOSPC')]);
    });
  });

  it('ignores lines after it was closed', () => {
    keep().close();
    say('x');
    expect(kept()).toEqual([]);
  });
});
