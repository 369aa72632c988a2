import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');
const OXLINT = join(ROOT, 'node_modules/oxlint/bin/oxlint');

describe('process.env', () => {
  const folder = mkdtempSync(join(tmpdir(), 'environment-'));
  // Overrides are relative to the configuration's own folder.
  beforeAll(() => copyFileSync(join(ROOT, '.oxlintrc.json'), join(folder, '.oxlintrc.json')));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const lint = (path: string): string => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), 'export const port = process.env.PORT;\n');
    const run = spawnSync(process.execPath, [OXLINT, path], {
      cwd: folder,
      encoding: 'utf8',
    });
    return run.stdout + run.stderr;
  };

  it.each([
    'libs/storage/src/a.ts',
    'libs/runtime/src/a.ts',
    'apps/orders/src/main.ts',
    'apps/orders/src/orders-app.module.ts',
  ])('may not be read in %s', (path) => expect(lint(path)).toContain('no-process-env'));

  it("may be read in an application's config file", () => {
    expect(lint('apps/orders/src/orders-config.ts')).toContain('Found 0 warnings and 0 errors');
  });
});
