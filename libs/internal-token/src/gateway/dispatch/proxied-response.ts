import type { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

/** How many bytes may wait for a slow client. */
const MAX_WAITING_BYTES = 262_144;
/** How long a client may keep sending a body that is no longer needed. */
const LINGER_MS = 1_000;

/**
 * The answer on its way to the client. What is there at once, head and first bytes, is held until the end of the current
 * tick: an answer that is complete by then leaves in one write, and any other is no later for it.
 */
export class ProxiedResponse {
  #begun = false;
  #held = false;
  #first: Buffer | undefined;

  constructor(
    private readonly raw: IncomingMessage,
    private readonly response: ServerResponse,
  ) {}

  /** True if the client may have seen a part of the answer. */
  get begun(): boolean {
    return this.#begun;
  }

  /** True if the client has not read what was written. */
  get unread(): boolean {
    return this.response.writableNeedDrain;
  }

  /** @param fields alternating names and values */
  begin(status: number, fields: string[]): void {
    this.response.writeHead(status, fields);
    this.#begun = this.#held = true;
    process.nextTick(() => this.#release());
  }

  /** @returns false if no more should follow before the client has read */
  write(chunk: Buffer): boolean {
    if (this.#held && this.#first === undefined) {
      this.#first = chunk;
      return true;
    }
    this.#release();
    return this.response.write(chunk) || this.response.writableLength < MAX_WAITING_BYTES;
  }

  end(): void {
    if (this.#held) this.response.end(this.#first);
    else this.response.end();
    this.#held = false;
    if (!this.raw.complete) this.#linger();
  }

  /** The client has part of the answer and must not take it for the whole. */
  breakOff(): void {
    this.#held = false;
    const { socket } = this.response;
    const old = this.raw.httpVersionMajor === 1 && this.raw.httpVersionMinor === 0;
    // In HTTP/1.0 a closed connection ends an answer regularly; a reset does not.
    if (old && socket instanceof Socket && !(socket instanceof TLSSocket)) socket.resetAndDestroy();
    this.response.destroy();
  }

  #release(): void {
    if (!this.#held || this.response.destroyed) return;
    this.#held = false;
    if (this.#first === undefined) this.response.flushHeaders();
    else this.response.write(this.#first);
    this.#first = undefined;
  }

  /** The service did not read the whole body: the client gets the whole answer, and some time to stop sending. */
  #linger(): void {
    const { socket } = this.raw;
    this.response.once('finish', () => {
      setTimeout(() => {
        if (!this.raw.complete) socket.destroy();
      }, LINGER_MS).unref();
    });
  }
}
