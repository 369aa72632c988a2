import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import crypto from 'node:crypto';
import { subscribe } from 'node:diagnostics_channel';
import { EventEmitter } from 'node:events';
import fs from 'node:fs';
import { IncomingMessage, ServerResponse } from 'node:http';
import { type Profiler, Session } from 'node:inspector/promises';
import { syncBuiltinESMExports } from 'node:module';
import { Socket } from 'node:net';
import timers from 'node:timers';
import { fileURLToPath } from 'node:url';
import { getCallSites } from 'node:util';

const SOURCES = new URL('../../../libs/internal-token/src/', import.meta.url);
const CLS = '/node_modules/nestjs-cls/';
const ADDING = ['on', 'addListener', 'once', 'prependListener', 'prependOnceListener'];

/** What is counted. Only calls by the library's own code, unless noted. */
export const COUNTED = [
  'signatures',
  'verifications',
  // added to the client's request, its response or their socket
  'listeners',
  'timers',
  // over the request's `rawHeaders`
  'headerPasses',
  // `AsyncLocalStorage` and `AsyncResource`; those that nestjs-cls enters for the library included
  'contexts',
  // to the client's socket, by whatever code
  'socketWrites',
  'lines',
  // to standard output, by whatever code
  'lineWrites',
] as const;

export type Counted = (typeof COUNTED)[number];

/** For each count the places where it was made, which explain one that has grown. */
export type CountedPlaces = Record<Counted, string[]>;

export interface RecordedRequest {
  /** The library's sources of which a function ran, below `libs/internal-token/src`. */
  readonly files: readonly string[];
  readonly places: CountedPlaces;
}

type AnyFunction = (this: unknown, ...args: unknown[]) => unknown;

/** Records what happens in this process from `begin()` to `end()`: exactly one request, if the caller sends one. */
export class RequestRecorder {
  readonly #session = new Session();
  #places = noPlaces();

  private constructor() {
    this.#wrapEverything();
  }

  static async start(): Promise<RequestRecorder> {
    const recorder = new RequestRecorder();
    recorder.#session.connect();
    await recorder.#session.post('Profiler.enable');
    await recorder.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
    return recorder;
  }

  /** @returns what was counted until now */
  async begin(): Promise<CountedPlaces> {
    await this.#session.post('Profiler.takePreciseCoverage');
    const places = this.#places;
    this.#places = noPlaces();
    return places;
  }

  async end(): Promise<RecordedRequest> {
    const places = this.#places;
    const { result } = await this.#session.post('Profiler.takePreciseCoverage');
    const files = result.filter(({ url, functions }) => url.startsWith(SOURCES.href) && functions.some(hasRun));
    return { files: files.map(({ url }) => url.slice(SOURCES.href.length)).toSorted(), places };
  }

  /** Every call is counted from the start, so that nothing has to be wrapped while a request is under way. */
  #wrapEverything(): void {
    this.#wrap(crypto, ['sign'], 'signatures', isOurs);
    this.#wrap(crypto, ['verify'], 'verifications', isOurs);
    for (const owner of [EventEmitter, IncomingMessage, ServerResponse, Socket]) {
      this.#wrap(owner.prototype, ADDING, 'listeners', isOurs, belongsToClient);
    }
    for (const owner of [globalThis, timers]) {
      this.#wrap(owner, ['setTimeout', 'setInterval', 'setImmediate'], 'timers', isOurs);
    }
    const entering = ['run', 'exit', 'enterWith'];
    this.#wrap(AsyncLocalStorage.prototype, entering, 'contexts', (script) => isOurs(script) || script.includes(CLS));
    this.#wrap(AsyncResource.prototype, ['runInAsyncScope'], 'contexts', isOurs);
    this.#wrap(process.stdout, ['_write', '_writev'], 'lineWrites', () => true);
    this.#wrap(fs, ['writeSync'], 'lineWrites', isOurs);
    syncBuiltinESMExports();
    subscribe('nestjs-internal-token:log-line', (line) => this.#places.lines.push((line as { msg: string }).msg));
    subscribe('http.server.request.start', (message) => {
      const { request, socket } = message as { request: IncomingMessage; socket: Socket };
      clients.add(socket);
      this.#countPasses(request);
      if (Object.hasOwn(socket, '_write')) return;
      this.#wrap(socket, ['_write', '_writev'], 'socketWrites', () => true);
      // An HTTP server gives each socket some of these functions anew.
      this.#wrap(
        socket,
        ADDING.filter((name) => Object.hasOwn(socket, name)),
        'listeners',
        isOurs,
      );
    });
  }

  /** A pass reads the name of the first field. */
  #countPasses(request: IncomingMessage): void {
    const note = () => this.#note('headerPasses', isOurs);
    request.rawHeaders = new Proxy(request.rawHeaders, {
      get(fields, key, receiver) {
        if (key === '0') note();
        return Reflect.get(fields, key, receiver) as unknown;
      },
    });
  }

  #wrap(
    owner: object,
    names: readonly string[],
    kind: Counted,
    counts: (script: string) => boolean,
    applies: (target: unknown) => boolean = () => true,
  ): void {
    const note = () => this.#note(kind, counts);
    for (const name of names) {
      const original = Reflect.get(owner, name) as AnyFunction | undefined;
      if (original === undefined) continue;
      const counted: AnyFunction = function (...args) {
        if (applies(this)) note();
        return Reflect.apply(original, this, args);
      };
      // `setTimeout` also has a form for `promisify`.
      Reflect.set(owner, name, Object.assign(counted, original));
    }
  }

  #note(kind: Counted, counts: (script: string) => boolean): void {
    // This function, the wrapper's arrow, the wrapper; then who called.
    const [, , , caller] = getCallSites(4);
    if (caller === undefined || !counts(caller.scriptName)) return;
    this.#places[kind].push(`${shortName(caller.scriptName)}:${caller.functionName}`);
  }
}

const clients = new WeakSet<object>();

function belongsToClient(target: unknown): boolean {
  if (target instanceof ServerResponse) return true;
  if (target instanceof IncomingMessage) return clients.has(target.socket);
  return clients.has(target as object);
}

function isOurs(script: string): boolean {
  return script.startsWith(SOURCES.href) || script.startsWith(fileURLToPath(SOURCES));
}

function shortName(script: string): string {
  return script.replace(SOURCES.href, '').replace(/^.*\/node_modules\//, '');
}

/** A module's own code runs when it is loaded, which belongs to no request. */
function hasRun({ ranges }: Profiler.FunctionCoverage): boolean {
  const [whole] = ranges;
  return whole !== undefined && whole.count > 0 && whole.startOffset > 0;
}

function noPlaces(): CountedPlaces {
  return Object.fromEntries(COUNTED.map((kind) => [kind, [] as string[]])) as CountedPlaces;
}
