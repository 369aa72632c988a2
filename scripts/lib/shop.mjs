import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Application } from './application.mjs';
import { entryOf } from './build.mjs';
import { freePorts } from './free-ports.mjs';
import { LogLines } from './log-lines.mjs';
import { readinessUrl, splitSettings } from './topology.mjs';

// Settings that the shell has for another start must not affect this one.
const PASSED_ON = ['PATH', 'HOME', 'TMPDIR', 'TEMP', 'SystemRoot', 'LANG'];

/** The internal listener of a replica. */
const inner = (name) => `${name} internal`;
const portOf = (url) => new URL(url).port;

/**
 * A temporary shop in one or several processes: free ports, keys and data in a temporary directory, and the log lines
 * of all its processes.
 */
export class Shop {
  log = new LogLines();
  /** @type {string[]} the names of its processes */
  names;
  #addresses;
  #environments = {};
  /** @type {Map<string, Application>} */
  #applications = new Map();
  /** @type {Application[]} */
  #replaced = [];
  #directory;

  /**
   * @param {object} options
   * @param {readonly string[]} [options.extracted] the domains that run as processes of their own
   * @param {Readonly<Record<string, string>>} [options.settings] extra environment variables of every process
   * @param {Readonly<Record<string, string>>} [options.gatewaySettings] extra variables of the gateway only
   * @param {(name: string, shop: Shop) => Readonly<Record<string, string>>} [options.serviceSettings] extra variables of a
   *   service, called when all addresses are known
   * @param {number} [options.gateways] how many replicas of the gateway: `gateway`, `gateway-2`, …
   * @param {(from: string, to: string, url: string) => string | Promise<string>} [options.route] see splitSettings;
   *   `to` is a domain, or `internal` for the gateway's internal listener
   * @returns {Promise<Shop>}
   */
  static async start(options = {}) {
    const shop = new Shop();
    try {
      await shop.#start(options);
      return shop;
    } catch (error) {
      await shop.stop();
      throw error;
    }
  }

  async #start({
    extracted = [],
    settings = {},
    gatewaySettings = {},
    serviceSettings = (_name, _shop) => ({}),
    gateways = 1,
    route,
  }) {
    const replicas = Array.from({ length: gateways - 1 }, (_, index) => `gateway-${index + 2}`);
    this.names = ['gateway', ...replicas, ...extracted];
    const listeners = [
      'gateway',
      'internal',
      'issuer',
      ...replicas.flatMap((name) => [name, inner(name)]),
      ...extracted,
    ];
    const ports = await freePorts(listeners.length);
    this.#addresses = Object.fromEntries(listeners.map((name, index) => [name, `http://127.0.0.1:${ports[index]}`]));
    this.#directory = await mkdtemp(join(tmpdir(), 'internal-token-shop-'));
    const passedOn = PASSED_ON.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : []));
    const split = await splitSettings(extracted, this.#addresses, route);
    for (const name of ['gateway', ...extracted]) {
      this.#environments[name] = {
        ...Object.fromEntries(passedOn),
        DEV_DIRECTORY: this.#directory,
        LOG_FORMAT: 'json',
        LOG_LEVEL: 'log',
        ...split[name],
        ...settings,
        ...(name === 'gateway' ? gatewaySettings : serviceSettings(name, this)),
      };
    }
    for (const name of replicas) {
      const ports = { PORT: portOf(this.addressOf(name)), INTERNAL_PORT: portOf(this.addressOf(inner(name))) };
      this.#environments[name] = { ...this.#environments.gateway, ...ports };
    }
    // Services wait for the keys that the gateways publish.
    for (const name of ['gateway', ...replicas]) await this.restart(name);
    await Promise.all(extracted.map((name) => this.restart(name)));
  }

  /** The gateway's public listener. @returns {string} */
  get url() {
    return this.#addresses.gateway;
  }

  /** @returns {string} */
  get internalUrl() {
    return this.#addresses.internal;
  }

  /** The identity provider. @returns {string} */
  get issuer() {
    return this.#addresses.issuer;
  }

  /**
   * The address of a service or a replica of the gateway; `gateway-2 internal` for its internal listener. @returns
   * {string}
   */
  addressOf(name) {
    return this.#addresses[name];
  }

  /** Starts a stopped process and waits until it is ready. */
  async restart(name) {
    this.launch(name);
    await this.untilReady(name);
  }

  /** Starts a stopped process. */
  launch(name) {
    const program = [entryOf(this.#isReplica(name) ? 'gateway' : name)];
    const application = new Application(name, this.#environments[name], program);
    this.#applications.set(name, application);
    this.log.read(application.stdout, name);
  }

  async untilReady(name) {
    const address = this.#isReplica(name) ? `${this.addressOf(inner(name))}/health/ready` : undefined;
    await this.#applications.get(name)?.untilAnswering(address ?? readinessUrl(name, this.#addresses));
  }

  #isReplica(name) {
    return inner(name) in this.#addresses;
  }

  /** @returns {Application} the process of this name that was started last */
  application(name) {
    return this.#applications.get(name);
  }

  /**
   * Starts a second process of this name, at an address of its own, which is {@link addressOf} from then on.
   * @returns {Promise<Application>} the process before it, which still runs
   */
  async replace(name) {
    const old = this.#applications.get(name);
    const listeners = name === 'gateway' ? ['gateway', 'internal'] : [name];
    const ports = await freePorts(listeners.length);
    const settings = ['PORT', 'INTERNAL_PORT'];
    for (const [index, listener] of listeners.entries()) {
      this.#addresses[listener] = `http://127.0.0.1:${ports[index]}`;
      this.#environments[name][settings[index]] = String(ports[index]);
    }
    this.#replaced.push(old);
    await this.restart(name);
    return old;
  }

  /** kill -9 */
  async kill(name) {
    await this.#applications.get(name)?.kill();
  }

  /** The last output, to find out why something failed. */
  lastWords() {
    const said = [...this.log.lines.slice(-5).map(({ text }) => text), ...this.log.others.slice(-5)];
    const errors = [...this.#applications.values()].map(({ errors }) => errors.slice(-2000));
    return [...said, ...errors].join('\n').trim();
  }

  /** @returns whether every process stopped by itself when asked to */
  async stop() {
    const applications = [...this.#replaced, ...this.#applications.values()];
    const inTime = await Promise.all(applications.map((application) => application.stop()));
    if (this.#directory) await rm(this.#directory, { recursive: true, force: true });
    this.#directory = undefined;
    return inTime.every(Boolean);
  }
}
