import { channel } from 'node:diagnostics_channel';
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
import { DevelopmentLog, type DevelopmentLogOptions } from './development-log.js';

describe('the development log', () => {
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
  const kept = (file = 'orders.ndjson'): unknown[] =>
    readFileSync(join(directory, file), 'utf8')
      .split('\n')
      .filter((text) => text !== '')
      .map((text) => JSON.parse(text) as unknown);

  it('has each line that is published, as one line of JSON, behind those of earlier starts', () => {
    writeFileSync(join(directory, 'orders.ndjson'), '{"msg":"earlier"}\n');
    keep();
    lines.publish({ msg: 'two\nlines' });
    lines.publish({ msg: 'another' });
    expect(kept()).toEqual([{ msg: 'earlier' }, { msg: 'two\nlines' }, { msg: 'another' }]);
  });

  it('makes the directory, and a file that its owner alone reads', () => {
    keep({ directory: join(directory, 'log') });
    lines.publish({ msg: 'x' });
    expect(statSync(join(directory, 'log/orders.ndjson')).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(directory, 'log'))).toEqual(['orders.ndjson']);
  });

  it('begins a new file at its limit and keeps the one before', () => {
    keep({ limitBytes: 20 });
    for (const msg of ['a', 'b', 'c', 'd', 'e', 'f']) lines.publish({ msg });
    expect(kept('orders.ndjson.1')).toEqual([{ msg: 'c' }, { msg: 'd' }]);
    expect(kept()).toEqual([{ msg: 'e' }, { msg: 'f' }]);
    expect(readdirSync(directory).toSorted()).toEqual(['orders.ndjson', 'orders.ndjson.1']);
  });

  it('loses no line of two processes that write to one file', () => {
    for (const _ of [1, 2]) keep({ limitBytes: 100 });
    // Both hear each line here, as two processes would of their own.
    for (let index = 0; index < 8; index++) lines.publish({ msg: `line ${index}` });
    const both = [...kept('orders.ndjson.1'), ...kept()] as { msg: string }[];
    expect(both).toHaveLength(16);
  });

  it('is there again when somebody has deleted it', () => {
    keep({ limitBytes: 1 });
    rmSync(directory, { recursive: true });
    lines.publish({ msg: 'x' });
    lines.publish({ msg: 'y' });
    expect(kept()).toEqual([{ msg: 'y' }]);
    expect(problems).toEqual([]);
  });

  it('ends, says so once and fails nobody where the disk takes nothing', () => {
    writeFileSync(join(directory, 'file'), '');
    keep({ directory: join(directory, 'file/log') });
    for (const msg of ['x', 'y']) lines.publish({ msg });
    expect(problems).toEqual([expect.stringMatching(/^No more lines in .*orders\.ndjson: /)]);
  });

  (existsSync('/dev/full') ? it : it.skip)('does so too where the disk becomes full', () => {
    symlinkSync('/dev/full', join(directory, 'orders.ndjson'));
    keep();
    for (const msg of ['x', 'y']) lines.publish({ msg });
    expect(problems).toEqual([expect.stringContaining('ENOSPC')]);
  });

  it('hears nothing any more once it is closed', () => {
    keep().close();
    lines.publish({ msg: 'x' });
    expect(kept()).toEqual([]);
    expect(lines.hasSubscribers).toBe(false);
  });
});
