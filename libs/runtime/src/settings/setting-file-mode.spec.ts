import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkFileMode } from '../../../internal-token/src/core/guarded-file.js';
import { readSettingFile } from './setting-file.js';

const verdictOf = (read: (warn: (problem: string) => void) => unknown): string => {
  let warning = '';
  try {
    read((problem) => (warning = problem));
    return warning;
  } catch (error) {
    return (error as Error).message;
  }
};

describe('the mode of a file that a setting names', () => {
  const directory = mkdtempSync(join(tmpdir(), 'setting-file-'));
  const path = join(directory, 'file');
  beforeAll(() => writeFileSync(path, 'x'));
  afterAll(() => rmSync(directory, { recursive: true }));

  it.each(['secret', 'public'] as const)('is judged as the library judges its own files: %s', (content) => {
    for (const others of [0, 1, 2, 3, 4, 5, 6, 7]) {
      chmodSync(path, 0o640 + others);
      const own = verdictOf((warn) => readSettingFile('orders', { name: 'KEY_FILE', path, content }, warn));
      const rule = verdictOf((warn) => warn(checkFileMode(statSync(path), content) ?? ''));
      if (rule === '') expect(own).toBe('');
      else expect(own).toContain(rule);
    }
  });
});
