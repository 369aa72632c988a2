import type { IncomingMessage } from 'node:http';
import { Stream } from 'node:stream';
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

/** True if the body states its length, is small and waits to be read as a whole. */
export function hasArrived(raw: IncomingMessage): boolean {
  return isSmall(raw) && raw.complete && raw.readableLength === Number(raw.headers['content-length']);
}

/**
 * Reads a small body as a whole.
 * @param done is not called if the client disconnects before its end
 */
export function keepBody(raw: IncomingMessage, done: (body: Buffer) => void): void {
  const chunks: Buffer[] = [];
  raw.on('data', (chunk: Buffer) => chunks.push(chunk));
  raw.on('end', () => done(Buffer.concat(chunks)));
}

/**
 * The body of a request as a stream that the HTTP client may destroy: the request itself, and so the connection on which
 * the client waits for the answer, stays intact. Its chunks go straight through, and pausing it pauses the request.
 */
export class RequestBody extends Stream {
  destroyed = false;
  #reading = false;
  #left: number;
  readonly #onData = (chunk: Buffer): void => {
    this.#left -= chunk.length;
    if (this.#left < 0) this.destroy(bodyTooLarge());
    else this.emit('data', chunk);
  };
  readonly #onEnd = (): void => void this.emit('end');
  readonly #onError = (error: Error): void => this.destroy(error);

  /** @param maxBytes a larger body fails with `payload_too_large` */
  constructor(
    private readonly raw: IncomingMessage,
    maxBytes: number,
  ) {
    super();
    this.#left = maxBytes;
  }

  /** True if nothing comes any more; an empty body may have ended before anything listened. */
  get readableEnded(): boolean {
    return this.raw.readableEnded;
  }

  pause(): void {
    this.raw.pause();
  }

  resume(): void {
    if (this.destroyed) return;
    if (!this.#reading) {
      this.#reading = true;
      this.raw.on('data', this.#onData).on('end', this.#onEnd).on('error', this.#onError);
    }
    this.raw.resume();
  }

  /** Nobody needs the rest. */
  discard(): void {
    this.destroy();
    this.raw.resume();
  }

  destroy(error?: Error): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this.raw.off('data', this.#onData).off('end', this.#onEnd).off('error', this.#onError);
    this.raw.pause();
    if (error !== undefined) this.emit('error', error);
    this.emit('close');
  }
}
