import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DevPageModule } from 'nestjs-internal-token/dev';
import { newSpanId, newTransactionId } from '../../libs/internal-token/src/core/index.js';
import { EdgeGateway, type GatewaySetup } from './edge-gateway.js';
import { head, type RawResponse } from './raw-http.js';

/** A gateway with the live page and a log directory that the test writes. */
export class DevGateway {
  private constructor(
    readonly gateway: EdgeGateway,
    readonly directory: string,
  ) {}

  static async start(setup: GatewaySetup = {}): Promise<DevGateway> {
    const directory = mkdtempSync(join(tmpdir(), 'dev-gateway-'));
    writeFileSync(join(directory, 'gateway.ndjson'), '');
    const imports = [DevPageModule.forRoot({ logDirectory: directory })];
    return new DevGateway(await EdgeGateway.start({ ...setup, imports }), directory);
  }

  async close(): Promise<void> {
    await this.gateway.close();
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** The host by which a browser asks for it. */
  get host(): string {
    return `127.0.0.1:${this.gateway.port}`;
  }

  get url(): string {
    return `http://${this.host}`;
  }

  /** Sends exactly these header lines, with a valid Host unless given. */
  get(path: string, ...lines: readonly string[]): Promise<RawResponse> {
    return this.gateway.send(head(`GET ${path} HTTP/1.1`, `Host: ${this.host}`, ...lines));
  }

  post(path: string, body: string, ...lines: readonly string[]): Promise<RawResponse> {
    const fields = [`Content-Length: ${Buffer.byteLength(body)}`, 'Content-Type: application/json', ...lines];
    return this.gateway.send(`${head(`POST ${path} HTTP/1.1`, `Host: ${this.host}`, ...fields)}${body}`);
  }

  inspect(token: string): Promise<RawResponse> {
    return this.post('/__dev/inspect', JSON.stringify({ token }));
  }

  /** The live page's events, until the signal ends it. */
  async *events(signal: AbortSignal): AsyncGenerator<{ readonly event: string; readonly data: unknown }> {
    const { body } = await fetch(`${this.url}/__dev/requests`, { signal });
    let text = '';
    try {
      for await (const chunk of body!.pipeThrough(new TextDecoderStream())) {
        const blocks = (text + chunk).split('\n\n');
        text = blocks.pop() ?? '';
        for (const block of blocks) {
          const [, event, data] = /^event: (.*)\ndata: (.*)$/.exec(block) ?? [];
          if (event !== undefined && data !== undefined) yield { event, data: JSON.parse(data) as unknown };
        }
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  /** The lines of an ended request, with these members replaced. @returns its id */
  writeRequest(members: Readonly<Record<string, unknown>> = {}, file = 'gateway'): string {
    const txn = newTransactionId();
    this.write(file, {
      time: Date.now(),
      level: 'info',
      msg: 'GET /orders',
      service: 'gateway',
      instance: 'host-1',
      txn,
      trace_id: txn,
      span_id: newSpanId(),
      ev: 'end',
      kind: 'server',
      op: 'GET /orders',
      dur: 12.5,
      status: 200,
      ...members,
    });
    return txn;
  }

  write(file: string, line: object | string): void {
    const text = typeof line === 'string' ? line : JSON.stringify(line);
    appendFileSync(join(this.directory, `${file}.ndjson`), `${text}\n`);
  }
}
