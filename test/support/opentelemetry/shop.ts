import { type ChildProcess, fork } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { HttpUpstream } from '../upstream.js';
import type { ExportedSpan, OwnSpan, Recorded, Setup } from './process.js';

const support = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** The settings a process starts with. */
export interface Tracing {
  /** Whether the SDK is loaded. Default true. */
  readonly sdk?: boolean;
  /** The parts to omit: `generator`, `undici`. */
  readonly without?: string;
  /** `off`: no trace is sampled at its root. */
  readonly roots?: 'off';
}

export interface Answer {
  readonly status: number;
  readonly txn: string;
  readonly body: unknown;
}

/** An application of the shop as its own process. */
class Member {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
    readonly internalUrl: string,
  ) {}

  static async start(setup: Setup, { sdk = true, without, roots }: Tracing): Promise<Member> {
    const hooks = ['--import', support('storage/typescript-hooks.mjs')];
    const child = fork(support('opentelemetry/process.ts'), {
      execArgv: sdk ? [...hooks, '--import', support('opentelemetry/sdk.mjs')] : hooks,
      env: { ...process.env, ...(without && { SDK_WITHOUT: without }), ...(roots && { SDK_ROOTS: roots }) },
    });
    child.send(setup);
    const [{ port, internal }] = (await once(child, 'message')) as [{ port: number; internal?: number }];
    return new Member(child, `http://127.0.0.1:${port}`, `http://127.0.0.1:${internal}`);
  }

  async recorded(): Promise<Recorded> {
    this.child.send('what have you recorded?');
    const [recorded] = (await once(this.child, 'message')) as [Recorded];
    return recorded;
  }

  async stop(): Promise<void> {
    this.child.kill();
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, 'exit');
  }
}

/** Gateway, orders and inventory, each a process, and an external host that they call. */
export class TracedShop {
  private constructor(
    readonly gateway: Member,
    readonly orders: Member,
    readonly inventory: Member,
    readonly outside: HttpUpstream,
  ) {}

  static async start(tracing: Tracing = {}): Promise<TracedShop> {
    const { privateKey, publicKey } = generateKeyPairSync('ec', {
      namedCurve: 'P-256',
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    });
    const outside = await HttpUpstream.start((_request, response) => response.end('{}'));
    const urls = { outside: outside.url };
    const inventory = await Member.start({ service: 'inventory', publicKey, urls }, tracing);
    const known = { ...urls, inventory: inventory.url };
    const orders = await Member.start({ service: 'orders', publicKey, urls: known }, tracing);
    const gateway = await Member.start(
      { service: 'gateway', publicKey, privateKey, urls: { ...known, orders: orders.url } },
      tracing,
    );
    return new TracedShop(gateway, orders, inventory, outside);
  }

  /** A request from outside, by default to the gateway. */
  async call(
    method: string,
    path: string,
    headers: Record<string, string> = {},
    to = this.gateway.url,
  ): Promise<Answer> {
    const response = await fetch(`${to}${path}`, { method, headers });
    const text = await response.text();
    const body: unknown = text.startsWith('{') ? JSON.parse(text) : text;
    return { status: response.status, txn: response.headers.get('x-request-id') ?? '', body };
  }

  /** Everything recorded for a trace, once this many of its OpenTelemetry spans have ended. */
  async trace(txn: string, spans: number): Promise<{ exported: readonly ExportedSpan[]; own: readonly OwnSpan[] }> {
    for (;;) {
      const all = await this.recorded();
      const exported = all.exported.filter(({ traceId }) => traceId === txn);
      const own = all.own.filter(({ traceId }) => traceId === txn);
      if (exported.length >= spans) return { exported, own };
    }
  }

  /** Everything that all processes have recorded. */
  async recorded(): Promise<Recorded> {
    const all = await Promise.all([this.gateway, this.orders, this.inventory].map((member) => member.recorded()));
    return { exported: all.flatMap(({ exported }) => exported), own: all.flatMap(({ own }) => own) };
  }

  async stop(): Promise<void> {
    await Promise.all([this.gateway.stop(), this.orders.stop(), this.inventory.stop(), this.outside.stop()]);
  }
}
