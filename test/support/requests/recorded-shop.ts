import { type ChildProcess, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { freePorts } from '../../../scripts/lib/free-ports.mjs';
import { LogLines } from '../../../scripts/lib/log-lines.mjs';
import { AccessTokenIssuer, AUDIENCE } from '../access-token-issuer.js';
import type { ProcessSettings } from './process.js';
import { COUNTED, type Counted, type CountedPlaces, type RecordedRequest } from './request-recorder.js';

const HOOKS = fileURLToPath(new URL('../storage/typescript-hooks.mjs', import.meta.url));
const PROGRAM = fileURLToPath(new URL('process.ts', import.meta.url));
/** Enough that connections, keys and caches are there and lazy code has run. */
const WARM_UP = 5;
const ATTEMPTS = 3;

type Role = 'gateway' | 'service';

/** What the two processes did for the same request. */
export type ForwardedRequest = Readonly<Record<Role, RecordedRequest>>;

/** A gateway and a service, each a process of its own with the sources of this repository. */
export class RecordedShop {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  readonly #logs = new LogLines();
  readonly #children = new Map<Role, ChildProcess>();
  readonly #token: string;
  #before: Readonly<Record<Role, CountedPlaces>> | undefined;

  private constructor(
    private readonly issuer: AccessTokenIssuer,
    private readonly settings: Omit<ProcessSettings, 'role'>,
  ) {
    this.#token = issuer.token();
  }

  static async start(): Promise<RecordedShop> {
    const issuer = await AccessTokenIssuer.start();
    const [port = 0, servicePort = 0, internalPort = 0] = await freePorts(3);
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
    const shop = new RecordedShop(issuer, {
      port,
      servicePort,
      internalPort,
      issuer: issuer.url,
      audience: AUDIENCE,
      key,
    });
    try {
      // A service that finds no keys when it starts would need a second attempt.
      await shop.#run('gateway');
      await shop.#run('service');
      for (let count = 0; count < WARM_UP; count++) await shop.#request();
      shop.#before = await shop.#both((role) => shop.#ask<CountedPlaces>(role, 'begin'));
      return shop;
    } catch (error) {
      await shop.close();
      throw error;
    }
  }

  /** What was counted while the processes started and the first requests opened their connections. */
  get before(): readonly CountedPlaces[] {
    return Object.values(this.#before ?? {});
  }

  /**
   * What one forwarded request makes both processes do: what {@link ATTEMPTS} of them have in common, so that neither a
   * timer nor a connection that was closed meanwhile counts.
   */
  async record(): Promise<ForwardedRequest> {
    const recorded: ForwardedRequest[] = [];
    for (let count = 0; count < ATTEMPTS; count++) {
      await this.#both((role) => this.#ask(role, 'begin'));
      await this.#request();
      recorded.push(await this.#both((role) => this.#ask<RecordedRequest>(role, 'end')));
    }
    return {
      gateway: inCommon(recorded.map(({ gateway }) => gateway)),
      service: inCommon(recorded.map(({ service }) => service)),
    };
  }

  async close(): Promise<void> {
    this.#agent.destroy();
    for (const child of this.#children.values()) {
      if (child.exitCode !== null) continue;
      child.disconnect();
      await once(child, 'exit');
    }
    await this.issuer.close();
  }

  async #run(role: Role): Promise<void> {
    const port = role === 'gateway' ? this.settings.port : this.settings.servicePort;
    const settings: ProcessSettings = { ...this.settings, role, port };
    const child = spawn(process.execPath, ['--import', HOOKS, PROGRAM, JSON.stringify(settings)], {
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    this.#children.set(role, child);
    this.#logs.read(child.stdout, role);
    await answerOf(child);
  }

  async #both<T>(ask: (role: Role) => Promise<T>): Promise<Record<Role, T>> {
    const [gateway, service] = await Promise.all([ask('gateway'), ask('service')]);
    return { gateway, service };
  }

  #ask<T>(role: Role, wish: 'begin' | 'end'): Promise<T> {
    const child = this.#children.get(role);
    if (child === undefined) throw new Error(`the ${role} does not run`);
    child.send(wish);
    return answerOf<T>(child);
  }

  async #request(): Promise<void> {
    const request = get(`http://127.0.0.1:${this.settings.port}/orders/7`, {
      agent: this.#agent,
      headers: { authorization: `Bearer ${this.#token}`, accept: 'application/json', 'user-agent': 'test' },
    });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    const body = await text(response);
    if (response.statusCode !== 200) throw new Error(`answered ${response.statusCode}: ${body}`);
  }
}

async function answerOf<T>(child: ChildProcess): Promise<T> {
  const ended = new AbortController();
  const stop = () => ended.abort(new Error('the process has ended'));
  child.once('exit', stop);
  try {
    const [answer] = (await once(child, 'message', { signal: ended.signal })) as [T];
    return answer;
  } finally {
    child.off('exit', stop);
  }
}

function inCommon([first, ...others]: readonly RecordedRequest[]): RecordedRequest {
  if (first === undefined) throw new Error('nothing was recorded');
  const fewest = (kind: Counted): string[] =>
    others.reduce(
      (least, { places }) => (places[kind].length < least.length ? places[kind] : least),
      first.places[kind],
    );
  return {
    files: first.files.filter((file) => others.every(({ files }) => files.includes(file))),
    places: Object.fromEntries(COUNTED.map((kind) => [kind, fewest(kind)])) as CountedPlaces,
  };
}
