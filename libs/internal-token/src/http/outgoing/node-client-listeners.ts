import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { InternalTokenError } from '../../core/index.js';
import { callingContext } from './calling-context.js';
import { hideHead, scrubHead, scrubUnsent, sendWith } from './node-request-head.js';
import { isDiverted, originOf } from './node-request-origin.js';
import type { OutgoingCall } from './outgoing-call.js';
import { rule } from './outgoing-registry.js';

interface Running {
  readonly call: OutgoingCall;
  response?: IncomingMessage;
}

const running = new WeakMap<ClientRequest, Running>();

/** Runs inside the constructor of a request, so in the context that makes it; nothing has been sent yet. */
export function onNodeRequest({ request }: { request: ClientRequest }): void {
  try {
    decideOn(request);
  } catch (error) {
    // Fail closed: a request that cannot be inspected is not sent.
    request.destroy(new InternalTokenError('internal_call_unsafe', undefined, { cause: error }));
    throw error;
  }
}

function decideOn(request: ClientRequest): void {
  const target = {
    origin: originOf(request),
    diverted: isDiverted(request),
    method: request.method,
    path: request.path,
  };
  const ruling = rule(target, callingContext(), {
    abort: (error) => abort(request, error),
  });
  if (ruling === undefined) return;
  if (ruling.refusal !== undefined) return void request.destroy(ruling.refusal);
  sendWith(request, ruling.fields);
  const { call } = ruling;
  if (call === undefined) return;
  hideHead(request);
  running.set(request, { call });
  request.once('close', () => {
    scrubUnsent(request);
    call.ended();
  });
  request.once('socket', (socket) => {
    whenConnected(socket, () => {
      const refusal = socket.destroyed ? undefined : call.admit(socket);
      if (refusal !== undefined) request.destroy(refusal);
    });
  });
}

/** The response has begun. A `response` listener would keep Node from discarding a body that nobody reads. */
export function onNodeAnswer({ request, response }: { request: ClientRequest; response: IncomingMessage }): void {
  const call = running.get(request);
  if (call === undefined) return;
  scrubHead(request);
  call.response = response;
  if (response.statusCode !== undefined) call.call.answered(response.statusCode);
}

/** Runs before the `error` event, so before anybody can log the request. */
export function onNodeFailure({ request, error }: { request: ClientRequest; error: unknown }): void {
  const call = running.get(request);
  if (call === undefined) return;
  scrubUnsent(request);
  call.call.failed(error);
}

function abort(request: ClientRequest, error: InternalTokenError): void {
  const call = running.get(request);
  call?.call.failed(error);
  if (call?.response === undefined) return void request.destroy(error);
  // The reader gets the error from the response. Many no longer listen to the request, where it would be thrown.
  request.on('error', () => undefined);
  call.response.destroy(error);
}

/**
 * Runs `then` before the first byte of the request: nothing is written before a connection emits `connect`, or with TLS
 * before `secureConnect`, when the certificate has been checked.
 */
function whenConnected(socket: Socket, then: () => void): void {
  if (socket.connecting) socket.once('connect', () => whenConnected(socket, then));
  else if (isInHandshake(socket)) socket.once('secureConnect', then);
  else then();
}

/** `alpnProtocol` is null until a handshake has completed. */
function isInHandshake(socket: Socket): boolean {
  const { encrypted, alpnProtocol } = socket as Partial<TLSSocket>;
  return encrypted === true && alpnProtocol === null;
}
