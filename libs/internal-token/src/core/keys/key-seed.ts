import { randomUUID } from 'node:crypto';
import { open, rename, unlink } from 'node:fs/promises';
import { checkFileMode, readAtMost, withFile } from '../guarded-file.js';
import { MAX_KEY_SET_BYTES, parseKeySet } from './key-set.js';
import type { JsonWebKeySet } from './key-source.js';

/** A set that nobody could renew for so long is not believed any more: keys may have been withdrawn meanwhile. */
const MAX_AGE_MS = 24 * 60 * 60 * 1000;
/** How often an unchanged set is written again, so that its age stays true. */
const REWRITE_AFTER_MS = 10 * 60 * 1000;

/** What was read back. */
export interface SeededKeys {
  readonly set: JsonWebKeySet;
  readonly ageMs: number;
}

/**
 * The last good key set on disk, for a start while the source is away. Written whole or not at all, readable by the
 * owner only. Refused if it belongs to somebody else or everybody can write it: they could choose the keys.
 */
export class KeySeed {
  #written: { readonly text: string; readonly at: number } | undefined;
  #writing: Promise<void> = Promise.resolve();

  /** @param source a set that came from elsewhere is not believed */
  constructor(
    private readonly path: string,
    private readonly source: string,
  ) {}

  /** @throws Error with words for the operator */
  async read(): Promise<SeededKeys> {
    const text = await readOwnFile(this.path);
    const { keys } = parseKeySet(text);
    const { source, savedAt } = JSON.parse(text) as Record<string, unknown>;
    if (source !== this.source) throw new Error(`the keys in it are not those of ${this.source}`);
    const ageMs = Date.now() - Date.parse(typeof savedAt === 'string' ? savedAt : '');
    // A clock that was ahead when it wrote must not make a set live for ever.
    if (!(Math.abs(ageMs) <= MAX_AGE_MS)) throw new Error('it is older than a day, or does not say when it was saved');
    return { set: { keys }, ageMs: Math.max(0, ageMs) };
  }

  /** Saves a set that was just loaded; one write after the other. @throws Error with words for the operator */
  write(set: JsonWebKeySet): Promise<void> {
    const write = () => this.#write(set);
    return (this.#writing = this.#writing.then(write, write));
  }

  async #write(set: JsonWebKeySet): Promise<void> {
    const text = JSON.stringify(set.keys);
    const now = Date.now();
    if (this.#written?.text === text && now - this.#written.at < REWRITE_AFTER_MS) return;
    const content = { source: this.source, savedAt: new Date(now).toISOString(), keys: set.keys };
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
    this.#written = { text, at: now };
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
