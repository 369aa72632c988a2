import type { ServerResponse } from 'node:http';

const MAX_CLIENTS = 16;
/** Bytes that may be buffered for a client before it is disconnected; its browser reconnects. */
const MAX_BEHIND = 4 * 1024 * 1024;
const HEARTBEAT_MS = 15_000;

/** Server-sent events for the open pages. */
export class LiveFeed {
  readonly #clients = new Set<ServerResponse>();
  #heartbeat: NodeJS.Timeout | undefined;

  get clients(): number {
    return this.#clients.size;
  }

  /** @returns false if there are already too many */
  open(response: ServerResponse): boolean {
    if (this.#clients.size >= MAX_CLIENTS) return false;
    response.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8', 'X-Accel-Buffering': 'no' });
    response.write('retry: 1000\n\n');
    this.#clients.add(response);
    response.once('close', () => this.#clients.delete(response));
    // Without a heartbeat neither side notices that the other is gone.
    this.#heartbeat ??= setInterval(() => this.#beat(), HEARTBEAT_MS).unref();
    return true;
  }

  /** Writes only to current clients: a response throws if something is written after its end. */
  tell(response: ServerResponse, event: string, data: unknown): void {
    if (!this.#clients.has(response)) return;
    // JSON text contains no line breaks.
    this.#write(response, `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  tellAll(event: string, data: unknown): void {
    for (const client of this.#clients) this.tell(client, event, data);
  }

  close(): void {
    clearInterval(this.#heartbeat);
    for (const client of this.#clients) client.end();
    this.#clients.clear();
  }

  #beat(): void {
    for (const client of this.#clients) this.#write(client, ':\n\n');
  }

  #write(client: ServerResponse, text: string): void {
    if (client.writableLength > MAX_BEHIND) client.destroy();
    else client.write(text);
  }
}
