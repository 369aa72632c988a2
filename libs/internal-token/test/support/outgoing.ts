import type { SpanRecord } from 'nestjs-internal-token';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A real server that records who called what. */
export class Listener {
  readonly received: { url: string; token: string | undefined; traceparent: string | undefined }[] = [];
  answer: (req: IncomingMessage, res: ServerResponse) => void = (_req, res) => void res.end('ok');
  readonly #server = createServer((req, res) => {
    const { 'txn-token': token, traceparent } = req.headers;
    this.received.push({
      url: req.url ?? '',
      token: token as string | undefined,
      traceparent: traceparent as string | undefined,
    });
    this.answer(req, res);
  });

  async listen(): Promise<this> {
    this.#server.listen(0, '127.0.0.1').unref();
    await once(this.#server, 'listening');
    return this;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

/** The `sub` of a token, which is only read here. */
export function userOf(token: string | undefined): string | undefined {
  const [, payload = ''] = (token ?? '').split('.');
  return payload === '' ? undefined : (JSON.parse(Buffer.from(payload, 'base64url').toString()) as { sub: string }).sub;
}

export function clientSpans(records: readonly SpanRecord[]): SpanRecord[] {
  return records.filter(({ kind }) => kind === 'client');
}
