import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { InternalTokenError } from '../../core/index.js';
import { callingContext } from './calling-context.js';
import type { OutgoingCall } from './outgoing-call.js';
import { rule } from './outgoing-registry.js';
import { isReserved, rewriteHead } from './reserved-fields.js';
import type { UndiciRequest } from './undici-request.js';
import { takeTicket } from './undici-context.js';
import { announcesHeads, distrust, keepsContext } from './undici-probe.js';

/** Where a request keeps its call: cheaper than a weak map, and it is read five times. */
const CALL = Symbol('internal-token-call');

type Tracked = UndiciRequest & { [CALL]?: OutgoingCall };

/** Runs when a request is made, for each dispatcher and each hop of a redirect, before the request has to wait. */
export function onUndiciRequest({ request }: { request: UndiciRequest }): void {
  try {
    decideOn(request);
  } catch (error) {
    // Fail closed: a request that cannot be inspected is not sent.
    abort(request, new InternalTokenError('internal_call_unsafe', undefined, { cause: error }));
    throw error;
  }
}

function decideOn(request: UndiciRequest): void {
  const ticket = takeTicket(request);
  const target = { origin: String(request.origin), method: request.method, path: request.path };
  const upgrade = Boolean(request.upgrade) || request.method === 'CONNECT';
  const ruling = rule(target, ticket ?? callingContext(), {
    upgrade,
    abort: (error) => abort(request, error),
  });
  if (ruling === undefined) return;
  // Remove the application's own fields first, whatever is decided below.
  removeReserved(request);
  if (ruling.refusal !== undefined) return abort(request, ruling.refusal);
  const { call, fields } = ruling;
  if (call === undefined) return;
  const reason = reasonAgainst(request, ticket !== undefined);
  if (reason !== undefined) {
    const error = new InternalTokenError('internal_call_unsafe', reason);
    call.refuse(error);
    return abort(request, error);
  }
  (request as Tracked)[CALL] = call;
  if (upgrade) atStart(request, () => add(request, fields));
  else add(request, fields);
}

function reasonAgainst(request: UndiciRequest, hasTicket: boolean): string | undefined {
  if (!announcesHeads(request)) {
    return 'This copy of undici writes requests without announcing them, so their connection cannot be checked. Use fetch or undici 8.';
  }
  if (hasTicket || keepsContext(request)) return undefined;
  return (
    'This copy of undici may send a queued request in the context of another one. Use fetch or undici 8, or compose ' +
    'its dispatcher with internalTokenInterceptor().'
  );
}

/** Runs just before a request is written, with the connection that it is written to. */
export function onUndiciHead({ request, socket }: { request: UndiciRequest; socket: Duplex }): void {
  const refusal = socket.destroyed ? undefined : (request as Tracked)[CALL]?.admit(socket);
  if (refusal === undefined) return;
  // undici writes the request even if it is aborted here; a destroyed socket sends nothing.
  try {
    // Aborting an HTTP/2 request here corrupts undici's request count, which may end the process.
    if ((socket as TLSSocket).alpnProtocol === 'h2') failWith(request, refusal);
    else abort(request, refusal);
  } finally {
    socket.destroy();
  }
}

export function onUndiciAnswer(message: { request: UndiciRequest; response: { statusCode: number } }): void {
  const call = (message.request as Tracked)[CALL];
  if (call === undefined) return;
  if (!call.admitted && !message.request.upgrade) distrust(message.request);
  call.answered(message.response.statusCode);
}

export function onUndiciEnd({ request }: { request: UndiciRequest }): void {
  (request as Tracked)[CALL]?.ended();
}

export function onUndiciFailure({ request, error }: { request: UndiciRequest; error: unknown }): void {
  (request as Tracked)[CALL]?.failed(error);
}

function abort(request: UndiciRequest, error: InternalTokenError): void {
  // `abort` exists once the request has a connection; before that, fail the request itself.
  if (typeof request.abort === 'function') request.abort(error);
  else if (typeof request.onResponseError === 'function') request.onResponseError(error);
  else request.onError?.(error);
}

/** When the connection ends, the request fails with this error. */
function failWith(request: UndiciRequest, error: InternalTokenError): void {
  for (const name of ['onResponseError', 'onError'] as const) {
    const fail = request[name];
    if (fail !== undefined) request[name] = () => fail.call(request, error);
  }
}

function add(request: UndiciRequest, fields: readonly string[]): void {
  for (let i = 0; i < fields.length; i += 2) request.addHeader(fields[i] ?? '', fields[i + 1] ?? '');
}

/**
 * Runs `then` when the request gets its connection. HTTP/1.1 reads the fields after that. HTTP/2, which does not
 * announce the head of an upgrade, has read them before and sends none of ours.
 */
function atStart(request: UndiciRequest, then: () => void): void {
  for (const name of ['onRequestStart', 'onConnect'] as const) {
    const start = request[name];
    if (start === undefined) continue;
    request[name] = (...args) => {
      request[name] = start;
      then();
      return start.apply(request, args);
    };
  }
}

function removeReserved(request: UndiciRequest): void {
  const { headers } = request;
  if (typeof headers === 'string') {
    request.headers = rewriteHead(headers, []);
    return;
  }
  for (let i = headers.length - 2; i >= 0; i -= 2) if (isReserved(String(headers[i]))) headers.splice(i, 2);
}
