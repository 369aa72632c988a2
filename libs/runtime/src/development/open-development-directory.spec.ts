import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeIf } from '../../../../test/support/programs.js';
import { openDevelopmentDirectory } from './open-development-directory.js';

describe('DEV_DIRECTORY', () => {
  let directory: string;
  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'development-'))));
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it('is created together with its parents, and left empty', () => {
    const path = join(directory, 'a/b');
    for (const _ of [1, 2]) openDevelopmentDirectory('sample', path);
    expect(readdirSync(path)).toEqual([]);
  });

  it('is named in the error if a file is in its place or above it', () => {
    writeFileSync(join(directory, 'file'), '');
    for (const path of [join(directory, 'file'), join(directory, 'file/below')]) {
      expect(() => openDevelopmentDirectory('sample', path)).toThrow(/DEV_DIRECTORY: .*file.* cannot be used \(E/);
    }
  });

  describeIf(existsSync('/proc/self'), 'No /proc on this machine.', 'where nothing can be made', () => {
    it('is named in the error, without waiting for ever', () => {
      for (const path of ['/proc', '/proc/x', '/proc/x/y']) {
        expect(() => openDevelopmentDirectory('sample', path)).toThrow(/DEV_DIRECTORY: \/proc.* cannot be used \(E/);
      }
    });
  });
});
