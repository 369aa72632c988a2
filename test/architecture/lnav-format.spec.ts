import { jest } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeWithProgram } from '../support/programs.js';
import { WORKSPACE } from '../support/workspace-files.js';

// Starts processes.
jest.setTimeout(300_000);

const FORMAT = join(WORKSPACE, 'docs/lnav/internal-token.json');
const CAPTURES = join(WORKSPACE, 'test/captures');

interface Line extends Record<string, unknown> {
  readonly time: number;
  readonly level: string;
}

const jsonOf = <T>(path: string): T => JSON.parse(readFileSync(path, 'utf8')) as T;

const captured: readonly Line[] = readdirSync(CAPTURES).flatMap((name) =>
  readFileSync(join(CAPTURES, name), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line),
);

describe('the lnav format of the log', () => {
  it('knows every member of a line', () => {
    const { properties } = jsonOf<{ properties: Record<string, unknown> }>(
      join(WORKSPACE, 'libs/internal-token/src/logging/log-line.schema.json'),
    );
    const { value } = jsonOf<{ internal_token: { value: Record<string, unknown> } }>(FORMAT).internal_token;
    const known = new Set(['time', 'level', ...Object.keys(value).map((name) => name.replace(/\/.*/, ''))]);
    expect(known).toEqual(new Set(Object.keys(properties)));
  });

  describeWithProgram('lnav', () => {
    let home: string;
    const lnav = (...args: string[]): string => {
      const { status, stdout, stderr } = spawnSync('lnav', args, {
        env: { PATH: process.env['PATH'], HOME: home, TZ: 'UTC', LANG: 'C.UTF-8' },
        stdio: ['ignore', 'pipe', 'pipe'],
        encoding: 'utf8',
      });
      expect({ args, status, stderr: stderr.replace(/^✔.*\n/, '') }).toEqual({ args, status: 0, stderr: '' });
      return stdout;
    };
    const select = (columns: string): Record<string, unknown>[] =>
      JSON.parse(
        lnav('-n', '-c', `;SELECT ${columns} FROM internal_token`, '-c', ':write-json-to -', CAPTURES),
      ) as Record<string, unknown>[];

    beforeAll(() => {
      home = mkdtempSync(join(tmpdir(), 'lnav-'));
      lnav('-i', FORMAT);
    });
    afterAll(() => rmSync(home, { recursive: true, force: true }));

    it('is accepted by lnav without complaints', () => {
      expect(lnav('-C')).toBe('');
    });

    it('reads every line with its time, level and numbers', () => {
      // lnav writes numbers in JSON as text.
      const read = select(`log_level, log_time, span_id, ev, op, txn, typeof(dur) AS type, '' || dur AS dur`);
      expect(captured.length).toBeGreaterThan(40);
      const sorted = (rows: unknown[]): string[] => rows.map((row) => JSON.stringify(row)).sort();
      expect(sorted(read.map((row) => ({ ...row, dur: row['dur'] === null ? null : Number(row['dur']) })))).toEqual(
        sorted(
          captured.map(({ time, level, span_id, ev, op, txn, dur }) => ({
            log_level: level === 'warn' ? 'warning' : level,
            log_time: new Date(Math.floor(time)).toISOString().slice(0, 23).replace('T', ' '),
            span_id: span_id ?? null,
            ev: ev ?? null,
            op: op ?? null,
            txn: txn ?? null,
            type: dur === undefined ? 'null' : Number.isInteger(dur) ? 'integer' : 'real',
            dur: dur ?? null,
          })),
        ),
      );
    });

    it('reads the members of token and error', () => {
      const read = select(`"tok/age_ms" AS age, "tok/kid" AS kid, "err/code" AS code, "err/message" AS message`);
      expect(read).toContainEqual({
        age: '1005',
        kid: 'yp3S…',
        code: 'storage_unavailable',
        message: expect.any(String),
      });
    });

    it('shows the service, outcome, duration and operation', () => {
      expect(
        lnav('-n', join(CAPTURES, 'error.ndjson'))
          .split('\n')
          .map((line) => line.trimEnd()),
      ).toContain('09:30:00.056 error inventory  error         50  select stock database error 57014');
    });
  });
});
