import { randomUUID } from 'node:crypto';
import { type FSWatcher, watch } from 'node:fs';
import { access, chmod, constants, type FileHandle, mkdir, open, readdir, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { checkFileMode, InternalTokenError, readAtMost, withFile } from '../../core/index.js';
import { withDirectoryLock } from './with-directory-lock.js';
import { isKeyFileName, type KeyFile, keyFileName, parseKeyFile, serializeKeyFile, toSigningKey } from './key-file.js';
import type { SigningKey, SigningKeyProvider } from './signing-key-provider.js';

/** What was read from a file, and the mark by which a change is noticed. */
interface Known {
  readonly mark: string;
  /** The last good key: a file that becomes invalid does not remove it. */
  readonly key: SigningKey | undefined;
}

/** Larger files are not key files: a key of 8192 bits has some 7 KiB. */
const MAX_FILE_BYTES = 32 * 1024;
/** A rotation changes several files; wait this long to load them together. */
const SETTLE_MS = 20;

/**
 * Keys in a directory (mode 0700), each in a file (mode 0600) named after the key id. Processes that share the
 * directory are one token service. A file is replaced atomically, and the times in the files alone decide which key is
 * active. So a process that dies during a rotation leaves either the old order or the new one.
 */
export class KeyDirectory implements SigningKeyProvider {
  readonly description: string;
  readonly #known = new Map<string, Known>();

  constructor(readonly path: string) {
    this.description = `directory ${path}`;
  }

  /** Key files from which the last load got no key, so there may be more keys than it returned. */
  get unusable(): readonly string[] {
    return [...this.#known].filter(([, { key }]) => key === undefined).map(([name]) => name);
  }

  async load(_signal?: AbortSignal, report: (problem: string) => void = () => undefined): Promise<SigningKey[]> {
    await this.#assertGuarded();
    const names = (await this.#list()).filter(isKeyFileName).toSorted();
    for (const name of this.#known.keys()) if (!names.includes(name)) this.#known.delete(name);
    for (const name of names) await this.#look(name, report);
    // Sorted by name, so that every process has the keys in the same order.
    return names.flatMap((name) => this.#known.get(name)?.key ?? []);
  }

  watch(onChange: () => void): () => void {
    let settling: NodeJS.Timeout | undefined;
    let watcher: FSWatcher | undefined;
    try {
      watcher = watch(this.path, { persistent: false }, (_event, name) => {
        if (name !== null && !isKeyFileName(name)) return;
        clearTimeout(settling);
        settling = setTimeout(onChange, SETTLE_MS).unref();
      });
      watcher.on('error', () => watcher?.close());
    } catch {
      // Some network file systems report no changes; polling finds them.
    }
    return () => {
      clearTimeout(settling);
      watcher?.close();
    };
  }

  /** Creates the directory for its owner only. @throws InternalTokenError (rejects) `configuration_invalid` */
  async prepare(): Promise<void> {
    try {
      if ((await mkdir(this.path, { recursive: true, mode: 0o700 })) !== undefined) await chmod(this.path, 0o700);
    } catch (error) {
      throw unreadable(this.path, error);
    }
  }

  /** Runs `work` while no other process changes keys here. */
  async locked<T>(work: () => Promise<T>): Promise<T> {
    await this.#list();
    return withDirectoryLock(this.path, work);
  }

  /** Writes or replaces a key. */
  async write(file: KeyFile): Promise<void> {
    const name = keyFileName(String(file.jwk['kid']));
    const draft = join(this.path, `.${name}.${randomUUID()}`);
    const handle = await open(draft, 'wx', 0o600);
    try {
      try {
        await handle.writeFile(serializeKeyFile(file));
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(draft, join(this.path, name));
    } catch (error) {
      // The draft may contain a private key.
      await unlink(draft).catch(() => undefined);
      throw error;
    }
    await this.#sync();
  }

  /** @throws Error (rejects) if the key file is missing or invalid */
  async change(keyId: string, change: Partial<Omit<KeyFile, 'jwk'>>): Promise<void> {
    const name = keyFileName(keyId);
    await this.write({ ...(await withFile(join(this.path, name), (file) => readKeyFile(name, file))), ...change });
  }

  async remove(keyId: string): Promise<void> {
    await unlink(join(this.path, keyFileName(keyId)));
    await this.#sync();
  }

  async #list(): Promise<string[]> {
    try {
      return await readdir(this.path);
    } catch (error) {
      throw unreadable(this.path, error);
    }
  }

  /**
   * A user who can write here chooses the keys of this gateway. The mount of a Kubernetes secret is accepted: its mode
   * lets everybody write, but it is read-only.
   * @throws InternalTokenError (rejects) `configuration_invalid`
   */
  async #assertGuarded(): Promise<void> {
    try {
      await withFile(this.path, async (directory) => checkFileMode(await directory.stat(), 'public'));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== undefined) throw unreadable(this.path, error);
      if (!(await isReadOnly(this.path))) throw unreadable(this.path, error);
    }
  }

  async #look(name: string, report: (problem: string) => void): Promise<void> {
    const before = this.#known.get(name);
    let mark = 'unread';
    try {
      await withFile(join(this.path, name), async (file) => {
        const stats = await file.stat();
        const { ino, mtimeMs, size, mode } = stats;
        mark = `${ino} ${mtimeMs} ${size} ${mode}`;
        if (before?.mark === mark) return;
        const problem = checkFileMode(stats, 'secret');
        const key = await toSigningKey(await readKeyFile(name, file));
        this.#known.set(name, { mark, key });
        if (problem !== undefined) report(`${name}: ${problem}`);
      });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
        this.#known.delete(name);
        return;
      }
      // An error of the file system may go away without a change of the file, so try again at the next load.
      if ((error as NodeJS.ErrnoException).code !== undefined && !(error instanceof InternalTokenError))
        mark = 'unread';
      this.#known.set(name, { mark, key: before?.key });
      if (before?.mark !== mark) report(`${name} is not used: ${reason(error)}`);
    }
  }

  /** Without it, a power failure may undo a rename that others have seen. Not every file system supports it. */
  async #sync(): Promise<void> {
    const handle = await open(this.path, 'r').catch(() => undefined);
    await handle?.sync().catch(() => undefined);
    await handle?.close();
  }
}

async function readKeyFile(name: string, file: FileHandle): Promise<KeyFile> {
  return parseKeyFile(name, await readAtMost(file, MAX_FILE_BYTES));
}

async function isReadOnly(path: string): Promise<boolean> {
  const refusal = await access(path, constants.W_OK).catch((error: NodeJS.ErrnoException) => error);
  return refusal?.code === 'EROFS';
}

/** The code of a file system error, or the message of any other error. Our messages never quote a key. */
export function reason(error: unknown): string {
  if (error instanceof InternalTokenError) return error.detail;
  const { code, message = 'unknown' } = (error ?? {}) as { code?: unknown; message?: string };
  return typeof code === 'string' ? code : message;
}

function unreadable(path: string, error: unknown): InternalTokenError {
  const how =
    (error as NodeJS.ErrnoException).code === 'ENOENT'
      ? ': create the first key with nestjs-internal-token keys new'
      : '';
  return new InternalTokenError('configuration_invalid', `key directory ${path}: ${reason(error)}${how}`);
}
