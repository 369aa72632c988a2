import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Application } from '../../../../scripts/lib/application.mjs';
import { freePorts } from '../../../../scripts/lib/free-ports.mjs';
import { LogLines } from '../../../../scripts/lib/log-lines.mjs';
import { FileIssuer } from '../file-issuer.js';
import { openShopDatabase, type ShopDatabase } from '../shop-database.js';
import { WireTap } from '../wire-tap.js';
import { WitnessGateway } from './witness-gateway.js';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
const HOOKS = new URL('../../storage/typescript-hooks.mjs', import.meta.url).href;

export interface WitnessChainOptions {
  /** Who calls whom, first caller first: `{ w_a: ['w_b', 'w_c'], w_b: ['w_c'], w_c: [] }`. The gateway knows all. */
  readonly calls: Readonly<Record<string, readonly string[]>>;
  /** How long each chunk on each wire is held back, in milliseconds. */
  readonly delay?: () => number;
}

/** A gateway and services that record who called them, each a process, with a tap on every wire between them. */
export class WitnessChain {
  readonly issuer!: FileIssuer;
  readonly gateway!: WitnessGateway;
  readonly log = new LogLines();
  /** By `caller → callee`. */
  readonly taps = new Map<string, WireTap>();
  readonly #applications: Application[] = [];
  readonly #closing: (() => Promise<unknown>)[] = [];

  private constructor(private readonly options: WitnessChainOptions) {}

  static async start(options: WitnessChainOptions): Promise<WitnessChain> {
    const chain = new WitnessChain(options);
    try {
      await chain.#start();
      return chain;
    } catch (error) {
      await chain.stop();
      throw error;
    }
  }

  get names(): string[] {
    return Object.keys(this.options.calls);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#applications.map((application) => application.stop()));
    for (const close of this.#closing.splice(0).reverse()) await close();
  }

  async #start(): Promise<void> {
    const { names } = this;
    const directory = await mkdtemp(join(tmpdir(), 'witness-'));
    this.#closing.push(() => rm(directory, { recursive: true, force: true }));
    const database: ShopDatabase = await openShopDatabase();
    this.#closing.push(() => database.drop());
    const issuer = await FileIssuer.create();
    this.#closing.push(() => issuer.close());

    const ports = await freePorts(names.length);
    const addresses = new Map(names.map((name, index) => [name, `http://127.0.0.1:${ports[index]}`]));
    const upstreams = await this.#ways('gateway', names, addresses);
    const gateway = await WitnessGateway.start(issuer.options, upstreams, directory);
    this.#closing.push(() => gateway.close());
    await Promise.all(
      names.map(async (name) => {
        const ways = await this.#ways(name, this.options.calls[name] ?? [], addresses);
        const application = new Application(
          name,
          {
            PATH: process.env['PATH'] ?? '',
            PORT: new URL(addresses.get(name) ?? '').port,
            DEV_DIRECTORY: directory,
            LOG_FORMAT: 'json',
            INTERNAL_ORIGINS: Object.values(ways).join(','),
            ...database.settings,
          },
          ['--import', HOOKS, MAIN, name, JSON.stringify(ways)],
        );
        this.#applications.push(application);
        this.log.read(application.stdout, name);
        await application.untilAnswering(`${addresses.get(name)}/health/ready`);
      }),
    );
    Object.assign(this, { issuer, gateway });
  }

  async #ways(
    from: string,
    to: readonly string[],
    addresses: ReadonlyMap<string, string>,
  ): Promise<Record<string, string>> {
    const { delay } = this.options;
    const ways: Record<string, string> = {};
    for (const name of to) {
      const tap = await WireTap.open(addresses.get(name) ?? '', delay && { delay });
      this.#closing.push(() => tap.close());
      this.taps.set(`${from} → ${name}`, tap);
      ways[name] = tap.url;
    }
    return ways;
  }
}
