import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { parse } from './parse.js';
import { loadSettings } from './load-settings.js';
import { readSettingFile } from './setting-file.js';

const settings = {
  PASSWORD: { schema: parse.text(), description: 'Secret.', optional: true, secret: true },
  NAME: { schema: parse.text(), description: 'Public.', optional: true },
} as const;

describe('A file that is named by a setting', () => {
  const directory = mkdtempSync(join(tmpdir(), 'setting-file-'));
  const path = join(directory, 'file');
  const said: string[] = [];
  const write = (mode: number, text = 'text'): void => {
    writeFileSync(path, text);
    chmodSync(path, mode);
  };
  const read = (content: 'secret' | 'public') =>
    readSettingFile('sample', { name: 'SOME_FILE', path, content }, (problem) => said.push(problem)).toString();
  const load = () => loadSettings('sample', settings, { CONFIG_FILE: path }).values;

  beforeAll(() => Logger.overrideLogger({ log: fail, error: fail, warn: (text: string) => said.push(text) }));
  beforeEach(() => {
    said.length = 0;
  });
  afterAll(() => {
    Logger.overrideLogger(false);
    rmSync(directory, { recursive: true });
  });

  it('R177: is refused if everybody can write it', () => {
    write(0o646);
    for (const content of ['secret', 'public'] as const) {
      expect(() => read(content)).toThrow('SOME_FILE: everybody can write it: chmod o-w');
    }
    write(0o622, '{}');
    expect(load).toThrow('CONFIG_FILE: everybody can write it: chmod o-w');
  });

  it('R177: is read with a warning if it holds a secret and everybody can read it', () => {
    write(0o644);
    expect(read('public')).toBe('text');
    expect(said).toEqual([]);
    expect(read('secret')).toBe('text');
    expect(said).toEqual([expect.stringMatching(/^SOME_FILE: everybody can read it: chmod 600 it/)]);
  });

  it('R177: counts as a secret if one of its settings is', () => {
    write(0o644, '{"NAME":"a"}');
    expect(load()).toEqual({ NAME: 'a' });
    expect(said).toEqual([]);
    write(0o644, '{"NAME":"a","PASSWORD":"b"}');
    expect(load()).toEqual({ NAME: 'a', PASSWORD: 'b' });
    expect(said).toEqual([expect.stringMatching(/^CONFIG_FILE: everybody can read it/)]);
    write(0o640, '{"PASSWORD":"b"}');
    expect(load()).toEqual({ PASSWORD: 'b' });
    expect(said).toHaveLength(1);
  });
});

function fail(text: string): never {
  throw new Error(text);
}
