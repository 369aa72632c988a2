import { ClientRequest, type RequestOptions } from 'node:http';
import { connect } from 'node:net';
import { Duplex } from 'node:stream';
import { inspect } from 'node:util';
import { InternalTokenError, withoutPropagation } from '../../core/index.js';
import { hideHead, scrubHead, scrubUnsent, sendWith } from './node-request-head.js';

/** What is tried: Node's class, or one that is built otherwise. */
export type RequestClass = new (options: RequestOptions) => ClientRequest;

const MINE = 'carried-by-the-probe';
const THEIRS = 'set-by-the-application';
const FIELDS = ['Txn-Token', MINE];
/** Node renders fields when they are sent; a list, and fields with `Expect`, at once. */
const FORMS: readonly NonNullable<RequestOptions['headers']>[] = [
  { 'Txn-Token': THEIRS },
  ['Host', 'localhost', 'Txn-Token', THEIRS],
  { 'Txn-Token': THEIRS, Expect: '100-continue' },
];
const DEPTH = 6;

/** For what never comes: turns of the event loop, of which Node needs two or three. */
const MAX_TURNS = 50;

/**
 * Tries whether requests of node:http are built as this library relies on: what is set last is sent alone, nothing is
 * written before the `socket` event, and the token can be taken out of a request. It makes four real requests at each start,
 * which diagnostics channels and instrumentations see. Nothing is connected to.
 *
 * @throws InternalTokenError `configuration_invalid` where one of them fails
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
    `node:http of Node ${process.version} is not built as this library relies on: ${[...failures].join('; ')}. Use ` +
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
    ...(shows ? ['a request under way shows the token'] : []),
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

/** A connection to nobody. */
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
