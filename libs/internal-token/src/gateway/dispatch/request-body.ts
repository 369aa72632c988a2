import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { InternalTokenError } from '../../core/index.js';

/** Bodies up to this size are kept for another attempt. */
const MAX_KEPT_BYTES = 65_536;

/** True if the body states its length and is small enough to be kept. */
export function isSmall({ headers }: IncomingMessage): boolean {
  return Number(headers['content-length'] ?? Number.NaN) <= MAX_KEPT_BYTES;
}

/** @throws InternalTokenError `payload_too_large` if the stated length is larger */
export function assertLength({ headers }: IncomingMessage, maxBytes: number): void {
  if (Number(headers['content-length'] ?? 0) > maxBytes) throw bodyTooLarge();
}

function bodyTooLarge(): InternalTokenError {
  return new InternalTokenError('payload_too_large');
}

/**
 * Waits for the first bytes of a body, or its end, without reading them.
 * @param go called once, never before this function returns
 * @returns the function that stops waiting
 */
export function whenBegun(raw: IncomingMessage, go: () => void): () => void {
  const stop = (): void => void raw.off('readable', begun).off('end', begun);
  const begun = (): void => {
    stop();
    go();
  };
  raw.on('readable', begun).on('end', begun);
  return stop;
}

/** Reads a small body as a whole. Rejects if the client disconnects before its end. */
export function keepBody(raw: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    raw.on('data', (chunk: Buffer) => chunks.push(chunk));
    raw.once('end', () => resolve(Buffer.concat(chunks)));
    raw.once('error', reject);
  });
}

/**
 * Streams the body of a request at the pace of the upstream. The HTTP client may even destroy it: the request itself,
 * and so the connection on which the client waits for the answer, stays intact.
 */
export class RequestBody extends Readable {
  #reading = false;
  #left: number;
  readonly #onData = (chunk: Buffer): void => {
    this.#left -= chunk.length;
    if (this.#left < 0) return void this.destroy(bodyTooLarge());
    if (!this.push(chunk)) this.raw.pause();
  };
  readonly #onEnd = (): void => void this.push(null);
  readonly #onError = (error: Error): void => void this.destroy(error);

  /** @param maxBytes a larger body fails with `payload_too_large` */
  constructor(
    private readonly raw: IncomingMessage,
    maxBytes: number,
  ) {
    super({ highWaterMark: MAX_KEPT_BYTES });
    this.#left = maxBytes;
  }

  override _read(): void {
    // An empty body has already ended.
    if (this.raw.readableEnded) return void this.push(null);
    if (!this.#reading) {
      this.#reading = true;
      this.raw.on('data', this.#onData).once('end', this.#onEnd).once('error', this.#onError);
    }
    this.raw.resume();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.raw.pause();
    this.raw.off('data', this.#onData).off('end', this.#onEnd).off('error', this.#onError);
    done(error);
  }
}
