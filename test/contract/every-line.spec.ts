import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { faultOf } from '../support/log-line/validate.mjs';

const ROOT = join(import.meta.dirname, '..', '..');
const JEST = join(ROOT, 'node_modules', 'jest', 'bin', 'jest.js');

const line = { time: 1.5, level: 'info', msg: 'placed', service: 'orders', instance: 'orders-1' };
const ids = { txn: '0'.repeat(32), trace_id: '0'.repeat(32), span_id: 'a'.repeat(16) };
const span = { ...line, ...ids, ev: 'end', kind: 'client', op: 'select orders', dur: 1, status: 'ok' };

interface Outcome {
  readonly code: number;
  readonly output: string;
}

/** Runs one file as jest runs every suite here. */
async function runSuite(file: string): Promise<Outcome> {
  const { default: config } = (await import('../../jest.config.mjs')) as { default: { projects: object[] } };
  const project = { ...config.projects[0], testMatch: [`<rootDir>/${file}`] };
  const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
  const run = promisify(execFile)(process.execPath, [...flags, JEST, '--config', JSON.stringify(project)], {
    cwd: ROOT,
  });
  return run.then(
    ({ stderr }) => ({ code: 0, output: stderr }),
    (error: { code: number; stderr: string }) => ({ code: error.code, output: error.stderr }),
  );
}

describe('the log line contract', () => {
  it('fails a suite that writes an invalid line or starts a process that does', async () => {
    const { code, output } = await runSuite('test/support/log-line/lines-fixture.ts');
    expect(code).toBe(1);
    expect(output).toContain('line/time must be >= 0');
    expect(output).toContain('a line before 1970');
    expect(output).toContain("line must have required property 'time'");
    expect(output).toContain('a line without a time');
    expect(output).not.toContain('a good line');
    expect(output).toMatch(/Tests: +1 passed/);
  });

  it('accepts application lines, span lines, and any params that application code adds', () => {
    for (const good of [line, { ...line, ...ids, params: { anything: [1, { db: 'x' }] } }, span]) {
      expect(faultOf(good)).toBeUndefined();
    }
    expect(faultOf({ ...span, db: 'select', kept: 'slow' })).toBeUndefined();
  });

  it.each([
    ['an unknown member', { ...line, authorization: 'x' }],
    ['a statement instead of its kind', { ...span, db: 'select * from orders' }],
    ['database work outside a span', { ...line, db: 'select' }],
    ['an unknown reason for keeping a line', { ...span, kept: 'important' }],
    ['a kept line outside a span', { ...line, kept: 'slow' }],
    ['an end without a duration', { ...span, dur: undefined }],
    ["a trace id other than the token's", { ...line, txn: ids.txn }],
  ])('refuses %s', (_, bad) => {
    expect(faultOf(JSON.parse(JSON.stringify(bad)))).toMatch(/^line/);
  });
});
