import { InternalTokenError } from '../../core/index.js';
import { callingContext } from './calling-context.js';
import type { OutgoingCall } from './outgoing.call.js';
import { rule } from './outgoing.registry.js';
import { isReserved, rewriteHead } from './reserved-fields.js';
import type { UndiciRequest } from './undici.request.js';
import { takeTicket } from './undici.tickets.js';
import { keepsContext } from './undici.trust.js';

const running = new WeakMap<UndiciRequest, OutgoingCall>();

/** The last moment before a request is written, for every dispatcher and every hop of a redirect. */
export function onUndiciRequest({ request }: { request: UndiciRequest }): void {
  try {
    decideOn(request);
  } catch (error) {
    // Not to be understood is a reason not to be sent.
    abort(request, new InternalTokenError('internal_call_unsafe', undefined, { cause: error }));
    throw error;
  }
}

function decideOn(request: UndiciRequest): void {
  const ticket = takeTicket(request);
  const target = { origin: String(request.origin), method: request.method, path: request.path };
  const ruling = rule(target, ticket ?? callingContext(), {
    upgrade: Boolean(request.upgrade),
    abort: (error) => abort(request, error),
  });
  if (ruling === undefined) return;
  // First of all: whatever comes of the rest, the application's own fields are gone.
  removeReserved(request);
  if (ruling.refusal !== undefined) return abort(request, ruling.refusal);
  if (ruling.call !== undefined && ticket === undefined && !keepsContext(request)) {
    const error = new InternalTokenError(
      'internal_call_unsafe',
      'This copy of undici may send a queued request in the context of another. Use fetch or undici 8, or put ' +
        'internalTokenInterceptor() on its dispatcher.',
    );
    ruling.call.failed(error);
    return abort(request, error);
  }
  for (let i = 0; i < ruling.fields.length; i += 2)
    request.addHeader(ruling.fields[i] ?? '', ruling.fields[i + 1] ?? '');
  if (ruling.call !== undefined) running.set(request, ruling.call);
}

export function onUndiciAnswer(message: { request: UndiciRequest; response: { statusCode: number } }): void {
  running.get(message.request)?.answered(message.response.statusCode);
}

export function onUndiciEnd({ request }: { request: UndiciRequest }): void {
  running.get(request)?.ended();
}

export function onUndiciFailure({ request, error }: { request: UndiciRequest; error: unknown }): void {
  running.get(request)?.failed(error);
}

function abort(request: UndiciRequest, error: InternalTokenError): void {
  // `abort` is there from the moment a connection is; until then the request is given up before it gets one.
  if (typeof request.abort === 'function') request.abort(error);
  else if (typeof request.onResponseError === 'function') request.onResponseError(error);
  else request.onError?.(error);
}

function removeReserved(request: UndiciRequest): void {
  const { headers } = request;
  if (typeof headers === 'string') {
    request.headers = rewriteHead(headers, []);
    return;
  }
  for (let i = headers.length - 2; i >= 0; i -= 2) if (isReserved(String(headers[i]))) headers.splice(i, 2);
}
