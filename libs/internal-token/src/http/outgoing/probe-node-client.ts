import { ClientRequest, type RequestOptions } from 'node:http';
import { connect } from 'node:net';
import { Duplex } from 'node:stream';
import { inspect } from 'node:util';
import { InternalTokenError, withoutPropagation } from '../../core/index.js';
import { hideHead, scrubHead, scrubUnsent, sendWith } from './node-request-head.js';

/** The class to probe: Node's own, or a substitute in a test. */
export type RequestClass = new (options: RequestOptions) => ClientRequest;

const MINE = 'carried-by-the-probe';
const THEIRS = 'set-by-the-application';
const FIELDS = ['Txn-Token', MINE];
/** Node renders fields when it sends them, but a list, and fields with `Expect`, at once. */
const FORMS: readonly NonNullable<RequestOptions['headers']>[] = [
  { 'Txn-Token': THEIRS },
  ['Host', 'localhost', 'Txn-Token', THEIRS],
  { 'Txn-Token': THEIRS, Expect: '100-continue' },
];
const DEPTH = 6;

/** Turns of the event loop to wait before giving up; Node needs two or three. */
const MAX_TURNS = 50;

/**
 * Checks that requests of node:http behave as this library relies on: only the fields that were set last are sent,
 * nothing is written before the `socket` event, and the token can be removed from a request. Each start makes four
 * requests, which diagnostics channels and instrumentations see, but opens no connection.
 *
 * @throws InternalTokenError `configuration_invalid` if one of the checks fails
 */
export async function probeNodeClient(Request: RequestClass = ClientRequest): Promise<void> {
  const failures = new Set<string>();
  await withoutPropagation(async () => {
    for (const headers of FORMS) for (const failure of await failuresToSend(Request, headers)) failures.add(failure);
    if (!(await forgetsUnsent(Request))) failures.add('a request that was not sent keeps the token');
  });
  if (failures.size === 0) return;
  throw new InternalTokenError(
    'configuration_invalid',
    `node:http of Node ${process.version} does not behave as this library needs: ${[...failures].join('; ')}. Use ` +
      'another release of Node, update this library, or remove what replaces node:http (a mock, an instrumentation).',
  );
}

async function failuresToSend(Request: RequestClass, headers: RequestOptions['headers']): Promise<string[]> {
  const wire = new Wire();
  const request = new Request({ host: 'localhost', headers, createConnection: () => wire } as RequestOptions);
  request.on('error', () => undefined);
  sendWith(request, FIELDS);
  hideHead(request);
  let early = false;
  request.once('socket', () => (early = wire.head !== ''));
  request.end();
  await turnsUntil(() => wire.head.endsWith('\r\n\r\n'));
  const sent = [...wire.head.matchAll(/^txn-token: (.*)\r$/gim)].map(([, value]) => value);
  const shows = inspect(request, { depth: DEPTH }).includes(MINE);
  scrubHead(request);
  const keeps = holds(request);
  request.destroy();
  return [
    ...(early ? ['a request is written before its socket is known'] : []),
    ...(sent.length === 1 && sent[0] === MINE ? [] : ['a request is not sent with the fields that were set last']),
    ...(shows ? ['a running request shows the token'] : []),
    ...(keeps ? ['a request that was sent keeps the token'] : []),
  ];
}

async function forgetsUnsent(Request: RequestClass): Promise<boolean> {
  const socket = connect({ host: 'localhost', port: 1, lookup: () => undefined });
  const request = new Request({ host: 'localhost', method: 'POST', createConnection: () => socket } as RequestOptions);
  request.on('error', () => undefined);
  sendWith(request, FIELDS);
  hideHead(request);
  request.end('body');
  await turnsUntil(() => socket.writableLength > 0);
  scrubUnsent(request);
  const forgotten = !holds(request);
  request.destroy();
  return forgotten;
}

function holds(request: ClientRequest): boolean {
  return inspect(request, { depth: DEPTH, showHidden: true, maxStringLength: null, maxArrayLength: null }).includes(
    MINE,
  );
}

async function turnsUntil(done: () => boolean): Promise<void> {
  for (let i = 0; i < MAX_TURNS && !done(); i++) await new Promise((resolve) => setImmediate(resolve));
}

/** A connection that leads nowhere. */
class Wire extends Duplex {
  #head = '';

  get head(): string {
    return this.#head;
  }

  override _read(): void {}

  override _write(chunk: unknown, _encoding: BufferEncoding, done: () => void): void {
    this.#head += String(chunk);
    done();
  }
}
