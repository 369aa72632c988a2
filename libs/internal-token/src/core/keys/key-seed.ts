import { type JsonWebKey, randomUUID } from 'node:crypto';
import { open, rename, unlink } from 'node:fs/promises';
import { checkFileMode, readAtMost, withFile } from '../guarded-file.js';
import { MAX_KEY_SET_BYTES, parseKeySet } from './key-set.js';
import type { JsonWebKeySet } from './key-source.js';
import type { VerificationKey } from './verification-key.js';

/** How far ahead the clock of the process that wrote the seed may have been. */
const MAX_AHEAD_MS = 5 * 60 * 1000;
/** How often an unchanged set is written again, so that its age stays true. */
const REWRITE_AFTER_MS = 10 * 60 * 1000;

/** The content of a seed file. */
export interface SeededKeys {
  readonly set: JsonWebKeySet;
  readonly ageMs: number;
}

/**
 * Keeps the last good key set on disk, for a start while the source is unavailable. The file is written atomically and
 * is readable by its owner only. A file that belongs to another user or that everybody can write is refused, since
 * others could choose the keys.
 */
export class KeySeed {
  #written: { readonly text: string; readonly at: number } | undefined;
  #writing: Promise<void> = Promise.resolve();

  /**
   * @param source a set from another source is refused
   * @param maxAgeSeconds an older set is refused: its keys may have been withdrawn since
   */
  constructor(
    private readonly path: string,
    private readonly source: string,
    private readonly maxAgeSeconds = Infinity,
  ) {}

  /** @throws Error with a message for the operator */
  async read(): Promise<SeededKeys> {
    const text = await readOwnFile(this.path);
    const { keys } = parseKeySet(text);
    const { source, fetchedAt } = JSON.parse(text) as Record<string, unknown>;
    if (source !== this.source) throw new Error(`the keys in it are not those of ${this.source}`);
    const ageMs = Date.now() - Date.parse(typeof fetchedAt === 'string' ? fetchedAt : '');
    // A clock that was ahead at the time of writing must not extend the life of the set.
    if (!(ageMs >= -MAX_AHEAD_MS))
      throw new Error('it does not say when it was fetched, or gives a time in the future');
    if (ageMs > this.maxAgeSeconds * 1000) throw new Error(`it is older than ${this.maxAgeSeconds} seconds`);
    return { set: { keys }, ageMs: Math.max(0, ageMs) };
  }

  /**
   * Saves the keys that were just loaded; concurrent writes are queued.
   * @param fetchedAt when the source was asked, milliseconds since the epoch
   * @throws Error (rejects) with a message for the operator
   */
  write(held: readonly VerificationKey[], fetchedAt: number): Promise<void> {
    const keys = held.map(published);
    const write = () => this.#write(keys, fetchedAt);
    return (this.#writing = this.#writing.then(write, write));
  }

  async #write(keys: readonly JsonWebKey[], fetchedAt: number): Promise<void> {
    const text = JSON.stringify(keys);
    if (this.#written?.text === text && fetchedAt - this.#written.at < REWRITE_AFTER_MS) return;
    const content = { source: this.source, fetchedAt: new Date(fetchedAt).toISOString(), keys };
    const draft = `${this.path}.${randomUUID()}`;
    try {
      const file = await open(draft, 'wx', 0o600);
      try {
        await file.writeFile(`${JSON.stringify(content)}\n`);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(draft, this.path);
    } catch (error) {
      await unlink(draft).catch(() => undefined);
      throw error;
    }
    this.#written = { text, at: fetchedAt };
  }
}

function readOwnFile(path: string): Promise<string> {
  return withFile(path, async (file) => {
    const stats = await file.stat();
    const owner = process.getuid?.();
    if (owner !== undefined && stats.uid !== owner && stats.uid !== 0) throw new Error('it belongs to another user');
    checkFileMode(stats, 'public');
    return readAtMost(file, MAX_KEY_SET_BYTES);
  });
}

/** The public members only, as the source published them. */
function published({ keyId, algorithm, publicKey }: VerificationKey): JsonWebKey {
  return { ...publicKey.export({ format: 'jwk' }), kid: keyId, alg: algorithm, use: 'sig' };
}
