import { type FileHandle, open } from 'node:fs/promises';
import { LineSplitter, type LineSplitterOptions, noCounts } from './line-splitter.js';

const CHUNK = 65_536;

/** A file that grows. It is held open: its rest can be read when it has another name, or none. */
export class FollowedFile {
  /** So often in a row there was nothing new. */
  quiet = 0;
  readonly #lines: LineSplitter;
  readonly #buffer = Buffer.allocUnsafe(CHUNK);

  private constructor(
    readonly path: string,
    private readonly handle: FileHandle,
    /** How far it is read, in bytes. */
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

  /** Reads what has been added. A last line without its end waits for it. */
  async readOn(): Promise<void> {
    const { size } = await this.handle.stat();
    if (size < this.position) {
      // Emptied in its place; what was begun will never be ended.
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
