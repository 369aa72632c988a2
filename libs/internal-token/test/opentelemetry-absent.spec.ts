import { jest } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

// Starts processes.
jest.setTimeout(300_000);

const support = (path: string): string => fileURLToPath(new URL(`../../../test/support/${path}`, import.meta.url));
const manifest = JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8')) as {
  readonly exports: Record<string, { readonly default?: string } | string>;
  readonly dependencies: Record<string, string>;
  readonly peerDependencies: Record<string, string>;
  readonly peerDependenciesMeta: Record<string, { readonly optional?: boolean }>;
};

const ENTRIES = Object.entries(manifest.exports)
  .filter(([, target]) => typeof target === 'object')
  .map(([entry]) => entry.replace(/^\./, 'nestjs-internal-token'));

/** The URLs of all modules that are loaded with these entry points. */
function loadedBy(entries: readonly string[]): string[] {
  const code = entries.map((entry) => `await import('${entry}');`).join('\n');
  const hooks = ['storage/typescript-hooks.mjs', 'opentelemetry/list-loads.mjs'].flatMap((path) => [
    '--import',
    support(path),
  ]);
  const { status, stdout, stderr } = spawnSync(process.execPath, [...hooks, '--input-type=module', '-e', code], {
    encoding: 'utf8',
    cwd: import.meta.dirname,
  });
  expect([status, stderr]).toEqual([0, '']);
  return stdout.split('\n');
}

const isOpenTelemetry = (url: string): boolean => url.includes('node_modules/@opentelemetry/');

describe('An application without OpenTelemetry', () => {
  it('R126: the package installs none of it', () => {
    expect(Object.keys(manifest.dependencies).filter((name) => name.startsWith('@opentelemetry'))).toEqual([]);
    const peers = Object.keys(manifest.peerDependencies).filter((name) => name.startsWith('@opentelemetry'));
    expect(peers).toEqual(['@opentelemetry/api']);
    expect(manifest.peerDependenciesMeta['@opentelemetry/api']).toEqual({ optional: true });
  });

  it('R126: no other entry point loads any of it', () => {
    const others = ENTRIES.filter((entry) => !entry.endsWith('/opentelemetry'));
    expect(others.length).toBeGreaterThan(5);
    const loaded = loadedBy(others);
    expect(loaded.filter((url) => url.includes('libs/internal-token/src/')).length).toBeGreaterThan(50);
    expect(loaded.filter(isOpenTelemetry)).toEqual([]);
    expect(loaded.filter((url) => url.includes('internal-token/src/opentelemetry'))).toEqual([]);
  });

  it('R126: its own entry point loads only the API', () => {
    const loaded = loadedBy(['nestjs-internal-token/opentelemetry']).filter(isOpenTelemetry);
    expect(loaded.length).toBeGreaterThan(0);
    expect(loaded.filter((url) => !url.includes('node_modules/@opentelemetry/api/'))).toEqual([]);
  });
});
