import { randomUUID } from 'node:crypto';
import { type FSWatcher, watch } from 'node:fs';
import { access, chmod, constants, type FileHandle, mkdir, open, readdir, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { checkFileMode, InternalTokenError, readAtMost, withFile } from '../../core/index.js';
import { withDirectoryLock } from './with-directory-lock.js';
import { isKeyFileName, type KeyFile, keyFileName, parseKeyFile, serializeKeyFile, toSigningKey } from './key-file.js';
import type { SigningKey, SigningKeyProvider } from './signing-key-provider.js';

/** What was read of one file, and the mark by which a change is seen. */
interface Known {
  readonly mark: string;
  /** The last good one: a file that breaks takes no key away. */
  readonly key: SigningKey | undefined;
}

/** Larger files are not ours: a key of 8192 bits has some 7 KiB. */
const MAX_FILE_BYTES = 32 * 1024;
/** Several files change in a rotation: one load for all of them. */
const SETTLE_MS = 20;

/**
 * Keys in a directory, a file each (0600 in a directory of 0700), named after the key id. Processes that share it are
 * one token service. A file is replaced as a whole, and which key is active follows from the times in the files alone:
 * a process that dies in the middle of a rotation leaves either the old order or the new one.
 */
export class KeyDirectory implements SigningKeyProvider {
  readonly description: string;
  readonly #known = new Map<string, Known>();

  constructor(readonly path: string) {
    this.description = `directory ${path}`;
  }

  /** Files of the last load that should hold a key and do not, or not readably: there may be more keys than it gave. */
  get unusable(): readonly string[] {
    return [...this.#known].filter(([, { key }]) => key === undefined).map(([name]) => name);
  }

  async load(_signal?: AbortSignal, report: (problem: string) => void = () => undefined): Promise<SigningKey[]> {
    await this.#assertGuarded();
    const names = (await this.#list()).filter(isKeyFileName).toSorted();
    for (const name of this.#known.keys()) if (!names.includes(name)) this.#known.delete(name);
    for (const name of names) await this.#look(name, report);
    // By name: every process that shares it has them in the same order, whenever it learnt of each.
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
      // Some network file systems tell nothing: the poll then finds the change.
    }
    return () => {
      clearTimeout(settling);
      watcher?.close();
    };
  }

  /** Makes the directory, for its owner alone. @throws InternalTokenError `configuration_invalid` where it cannot */
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

  /** Writes a key, or writes it anew. */
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
      // It may hold a private key.
      await unlink(draft).catch(() => undefined);
      throw error;
    }
    await this.#sync();
  }

  /** @throws Error if it is not there, or broken */
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
   * Who can write here chooses what this gateway signs with and publishes. The mount of a Kubernetes secret is open to
   * everybody by its mode, and read-only.
   * @throws InternalTokenError `configuration_invalid`
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
      // What the file system refuses today it may give tomorrow, and the file looks the same then: it is tried again.
      if ((error as NodeJS.ErrnoException).code !== undefined && !(error instanceof InternalTokenError))
        mark = 'unread';
      this.#known.set(name, { mark, key: before?.key });
      if (before?.mark !== mark) report(`${name} is not used: ${reason(error)}`);
    }
  }

  /** Without it a power failure may undo a rename that others have seen. Not every file system can. */
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

/** Of errors of the file system the code alone, of others the message: ours, and none of them quotes a key. */
export function reason(error: unknown): string {
  if (error instanceof InternalTokenError) return error.detail;
  const { code, message = 'unknown' } = (error ?? {}) as { code?: unknown; message?: string };
  return typeof code === 'string' ? code : message;
}

function unreadable(path: string, error: unknown): InternalTokenError {
  const how =
    (error as NodeJS.ErrnoException).code === 'ENOENT'
      ? ': make its first key with nestjs-internal-token keys new'
      : '';
  return new InternalTokenError('configuration_invalid', `key directory ${path}: ${reason(error)}${how}`);
}
