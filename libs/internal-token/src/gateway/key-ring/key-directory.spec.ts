import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeIf } from '../../../../../test/support/programs.js';
import { WORKSPACE } from '../../../../../test/support/workspace-files.js';
import { KeyDirectory } from './key-directory.js';
import { keyFileName } from './key-file.js';
import { generateSigningKey } from './key-generator.js';

/** Runs a command in a mount namespace of its own. @throws Error if the machine does not allow that */
const inMount = (...command: readonly string[]): string =>
  execFileSync('unshare', ['-rm', ...command], {
    encoding: 'utf8',
    cwd: WORKSPACE,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
const mayMount = (): boolean => {
  try {
    inMount('mount', '-t', 'tmpfs', 'none', '/mnt');
    return true;
  } catch {
    return false;
  }
};

describe('A directory of keys', () => {
  let folder: string;
  let directory: KeyDirectory;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ring-'));
    directory = new KeyDirectory(join(folder, 'keys'));
    await directory.prepare();
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const add = async (activateAt?: number): Promise<string> => {
    const jwk = await generateSigningKey({});
    await directory.write({ publishedAt: 1, jwk, ...(activateAt !== undefined && { activateAt }) });
    return String(jwk['kid']);
  };
  const pathOf = (keyId: string) => join(directory.path, keyFileName(keyId));
  const load = async () => {
    const problems: string[] = [];
    const keys = await directory.load(undefined, (problem) => problems.push(problem));
    return { ids: keys.map(({ key }) => key.publicJwk.kid), problems };
  };

  it('is readable by its owner only, and so is each of its files', async () => {
    const keyId = await add(1);
    expect(statSync(directory.path).mode & 0o777).toBe(0o700);
    expect(statSync(pathOf(keyId)).mode & 0o777).toBe(0o600);
    expect(readdirSync(directory.path)).toEqual([keyFileName(keyId)]);
  });

  it('returns its keys in the same order, whenever each was learnt', async () => {
    const keys = [await generateSigningKey({}), await generateSigningKey({})];
    const ids = keys.map((jwk) => String(jwk['kid'])).toSorted();
    for (const id of ids.toReversed()) {
      const jwk = keys.find(({ kid }) => kid === id);
      await directory.write({ publishedAt: 1, jwk: jwk ?? {} });
      await load();
    }
    expect((await load()).ids).toEqual(ids);
  });

  it('keeps a key whose file becomes invalid, reports it once, and reads it again when it is repaired', async () => {
    const keyId = await add(1);
    const text = readFileSync(pathOf(keyId), 'utf8');
    await load();
    writeFileSync(pathOf(keyId), text.slice(0, 40));
    expect(await load()).toEqual({ ids: [keyId], problems: [`${keyFileName(keyId)} is not used: it is not JSON`] });
    expect(await load()).toEqual({ ids: [keyId], problems: [] });
    writeFileSync(pathOf(keyId), text);
    expect(await load()).toEqual({ ids: [keyId], problems: [] });
  });

  it('skips a file that was never valid, and uses those beside it', async () => {
    const keyId = await add(1);
    writeFileSync(join(directory.path, 'not-a-key-at-all-yet.json'), '{"publishedAt":"soon"}', { mode: 0o600 });
    const { ids, problems } = await load();
    expect(ids).toEqual([keyId]);
    expect(problems).toEqual([expect.stringContaining('not-a-key-at-all-yet.json is not used')]);
  });

  it('ignores drafts, locks and other files', async () => {
    writeFileSync(join(directory.path, '.lock'), 'x');
    writeFileSync(join(directory.path, 'README.md'), 'x');
    expect(await load()).toEqual({ ids: [], problems: [] });
  });

  it('R177: warns once about a file that everybody can read', async () => {
    const keyId = await add(1);
    chmodSync(pathOf(keyId), 0o644);
    expect(await load()).toEqual({ ids: [keyId], problems: [expect.stringContaining('chmod 600')] });
    expect(await load()).toEqual({ ids: [keyId], problems: [] });
  });

  it('R177: does not use a file that everybody can write, and keeps the key that it had', async () => {
    const keyId = await add(1);
    chmodSync(pathOf(keyId), 0o602);
    const refused = [
      expect.stringContaining(`${keyFileName(keyId)} is not used: everybody can write it: chmod o-w`) as string,
    ];
    expect(await load()).toEqual({ ids: [], problems: refused });
    chmodSync(pathOf(keyId), 0o660);
    expect(await load()).toEqual({ ids: [keyId], problems: [] });
    chmodSync(pathOf(keyId), 0o666);
    expect(await load()).toEqual({ ids: [keyId], problems: refused });
  });

  it('R177: returns no key from a directory to which everybody can write', async () => {
    await add(1);
    chmodSync(directory.path, 0o1777);
    await expect(load()).rejects.toThrow('everybody can write it: chmod o-w');
    chmodSync(directory.path, 0o770);
    expect((await load()).ids).toHaveLength(1);
  });

  it('R177: follows the symbolic links of a Kubernetes secret', async () => {
    const keyId = await add(1);
    const data = join(directory.path, '..2026_01_01');
    mkdirSync(data);
    renameSync(pathOf(keyId), join(data, keyFileName(keyId)));
    chmodSync(join(data, keyFileName(keyId)), 0o644);
    symlinkSync('..2026_01_01', join(directory.path, '..data'));
    symlinkSync(`..data/${keyFileName(keyId)}`, pathOf(keyId));
    expect(await load()).toEqual({ ids: [keyId], problems: [expect.stringContaining('defaultMode 0440')] });
  });

  describeIf(mayMount(), 'Nobody may mount here (unshare -rm).', 'on a mount', () => {
    it('R177: accepts a read-only mount with any mode, and refuses the same one writable', async () => {
      const keyId = await add(1);
      const script = `
        import { importSource } from ${JSON.stringify(join(WORKSPACE, 'scripts/lib/typescript-imports.mjs'))};
        const { KeyDirectory } = await importSource('libs/internal-token/src/gateway/key-ring/key-directory.ts');
        const load = new KeyDirectory(process.argv[1]).load();
        console.log(await load.then((keys) => keys[0].key.keyId, (error) => error.message));`;
      const shell = `mount -t tmpfs -o mode=1777 none "$1" && cp "$2" "$1" && "$3" --input-type=module -e "$4" "$1" &&
        mount -o remount,ro "$1" && exec "$3" --input-type=module -e "$4" "$1"`;
      const mount = join(folder, 'mount');
      mkdirSync(mount);
      const said = inMount('sh', '-c', shell, 'sh', mount, pathOf(keyId), process.execPath, script);
      expect(said.trim().split('\n')).toEqual([expect.stringContaining('everybody can write it'), keyId]);
    });
  });

  it('R111: leaves nothing private in the file of a retired key', async () => {
    const keyId = await add(1);
    const { d } = (JSON.parse(readFileSync(pathOf(keyId), 'utf8')) as { key: { d: string } }).key;
    await directory.change(keyId, { retiredAt: 2 });
    expect(readFileSync(pathOf(keyId), 'utf8')).not.toContain(d);
    expect(await directory.load()).toEqual([
      expect.objectContaining({
        state: 'retired',
        key: { publicJwk: expect.objectContaining({ kid: keyId }) as object },
      }),
    ]);
  });

  it('locks out concurrent work', async () => {
    let inside = 0;
    let most = 0;
    const work = () =>
      new KeyDirectory(directory.path).locked(async () => {
        most = Math.max(most, (inside += 1));
        await new Promise((resolve) => setImmediate(resolve));
        inside -= 1;
      });
    await Promise.all(Array.from({ length: 8 }, work));
    expect(most).toBe(1);
    expect(readdirSync(directory.path)).toEqual([]);
  });

  it('takes over the lock of a holder that has died', async () => {
    const lock = join(directory.path, '.lock');
    writeFileSync(lock, 'somebody');
    utimesSync(lock, new Date(Date.now() - 11_000), new Date(Date.now() - 11_000));
    expect(await directory.locked(async () => 'done')).toBe('done');
    expect(readdirSync(directory.path)).toEqual([]);
  });

  it('R111: removes the drafts of a process that has died, but none that is being written', async () => {
    const keyId = await add(1);
    const long = new Date(Date.now() - 11_000);
    const drafts = [`.${keyFileName(keyId)}.${randomUUID()}`, `.lock.${randomUUID()}`, `.lock.${randomUUID()}.stale`];
    const others = ['.gitignore', `.notes.${randomUUID()}.txt`];
    const recent = `.${keyFileName('other')}.${randomUUID()}`;
    for (const name of [...drafts, ...others, recent]) writeFileSync(join(directory.path, name), '{"key":');
    for (const name of [...drafts, ...others]) utimesSync(join(directory.path, name), long, long);
    await directory.locked(async () => undefined);
    expect(new Set(readdirSync(directory.path))).toEqual(new Set([...others, recent, keyFileName(keyId)]));
  });

  it('R111: removes a draft that could not become a file', async () => {
    const jwk = await generateSigningKey({});
    mkdirSync(pathOf(String(jwk['kid'])));
    await expect(directory.write({ publishedAt: 1, jwk })).rejects.toThrow();
    expect(readdirSync(directory.path)).toEqual([keyFileName(String(jwk['kid']))]);
  });

  it('releases the lock when the work fails', async () => {
    await expect(directory.locked(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await directory.locked(async () => 'done')).toBe('done');
  });

  it('says what to do if it does not exist', async () => {
    await expect(new KeyDirectory(join(folder, 'none')).load()).rejects.toMatchObject({
      code: 'configuration_invalid',
      message: expect.stringContaining('nestjs-internal-token keys new') as string,
    });
  });
});
