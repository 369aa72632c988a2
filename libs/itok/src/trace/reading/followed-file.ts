import { type FileHandle, open } from 'node:fs/promises';
import { LineSplitter, type LineSplitterOptions, noCounts } from './line-splitter.js';

const CHUNK = 65_536;

/** A growing file. It stays open, so that its rest can be read after it is renamed or deleted. */
export class FollowedFile {
  /** How many times in a row there was nothing new. */
  quiet = 0;
  readonly #lines: LineSplitter;
  readonly #buffer = Buffer.allocUnsafe(CHUNK);

  private constructor(
    readonly path: string,
    private readonly handle: FileHandle,
    /** Position, in bytes. */
    private position: number,
    options: LineSplitterOptions,
  ) {
    this.#lines = new LineSplitter(options, noCounts());
  }

  static async open(path: string, from: 'start' | 'end', options: LineSplitterOptions): Promise<FollowedFile> {
    const handle = await open(path);
    const { size } = await handle.stat();
    return new FollowedFile(path, handle, from === 'start' ? 0 : size, options);
  }

  /** Reads what has been added. A last line without a line break waits for it. */
  async readOn(): Promise<void> {
    const { size } = await this.handle.stat();
    if (size < this.position) {
      // Truncated in place: the incomplete line will never be completed.
      this.#lines.breakOff();
      this.position = 0;
    }
    this.quiet++;
    for (;;) {
      const { bytesRead } = await this.handle.read(this.#buffer, 0, CHUNK, this.position);
      if (bytesRead === 0) return;
      this.quiet = 0;
      this.position += bytesRead;
      this.#lines.push(this.#buffer.subarray(0, bytesRead));
    }
  }

  async close(): Promise<void> {
    await this.handle.close();
    this.#lines.end();
  }
}
