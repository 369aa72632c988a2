import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSecretFile } from './guarded-file.js';
import { jwksFileSource } from './keys/index.js';

describe('A file that holds a secret or keys', () => {
  let folder: string;
  let path: string;
  const problems: string[] = [];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'guarded-'));
    path = join(folder, 'file');
    writeFileSync(path, '{"keys":[]}');
    problems.length = 0;
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const readSecret = () => readSecretFile(path, (problem) => problems.push(problem));
  const readKeys = () => jwksFileSource(path).load(AbortSignal.timeout(10_000));

  it.each([0o602, 0o666, 0o777])('R177: refuses a file of mode %o, which everybody can write', async (mode) => {
    chmodSync(path, mode);
    await expect(readSecret()).rejects.toThrow('everybody can write it: chmod o-w');
    await expect(readKeys()).rejects.toThrow('everybody can write it: chmod o-w');
    expect(problems).toEqual([]);
  });

  it.each([0o604, 0o644, 0o444])('R177: reads a file of mode %o, with a warning if it is a secret', async (mode) => {
    chmodSync(path, mode);
    expect(await readKeys()).toEqual({ keys: [] });
    expect(problems).toEqual([]);
    expect(await readSecret()).toBe('{"keys":[]}');
    expect(problems).toEqual([expect.stringMatching(/everybody can read it: chmod 600 .*defaultMode 0440/)]);
  });

  it.each([0o600, 0o400, 0o440, 0o660])('R177: reads a file of mode %o without a warning', async (mode) => {
    chmodSync(path, mode);
    expect(await readSecret()).toBe('{"keys":[]}');
    expect(await readKeys()).toEqual({ keys: [] });
    expect(problems).toEqual([]);
  });

  it('R177: checks the mode of the file, not of the symbolic link to it', async () => {
    const target = path;
    path = join(folder, 'link');
    symlinkSync(target, path);
    chmodSync(target, 0o600);
    expect(await readSecret()).toBe('{"keys":[]}');
    expect(problems).toEqual([]);
    chmodSync(target, 0o666);
    await expect(readSecret()).rejects.toThrow(
      /everybody can write it: chmod o-w \(on a mount that ignores it, .* umask\)/,
    );
  });

  it('refuses a file that exceeds its size limit', async () => {
    writeFileSync(path, 'x'.repeat(64 * 1024));
    expect(await readSecret()).toHaveLength(64 * 1024);
    writeFileSync(path, 'x'.repeat(64 * 1024 + 1));
    await expect(readSecret()).rejects.toThrow('more than 65536 bytes');
  });
});
