import type { ClientRequest } from 'node:http';
import { isReserved, rewriteHead } from './reserved-fields.js';

/**
 * What Node's OutgoingMessage is made of. Its public methods do not suffice: a field set by them can be replaced by the
 * application later, stays readable in `getHeaders()`, and cannot be set at all where fields were given as a list.
 */
interface Rendered {
  _header: string | null;
  _storeHeader(firstLine: string, headers: unknown): void;
  outputData: { data: unknown }[];
}

/** Sends the request with these reserved fields (name, value, …) and no others, whatever the application sets until then. */
export function sendWith(request: ClientRequest, fields: readonly string[]): void {
  const message = request as unknown as Rendered;
  if (message._header !== null) return rewriteRendered(message, fields);
  const render = message._storeHeader.bind(message);
  Object.defineProperty(request, '_storeHeader', {
    configurable: true,
    value(firstLine: string) {
      const list: unknown[] = [];
      for (const name of request.getRawHeaderNames()) if (!isReserved(name)) list.push(name, request.getHeader(name));
      render(firstLine, [...list, ...fields]);
    },
  });
}

/** Fields that were given as a list, or with `Expect`, are text already, but not sent. */
function rewriteRendered(message: Rendered, fields: readonly string[]): void {
  const head = message._header ?? '';
  const rewritten = rewriteHead(head, fields);
  message._header = rewritten;
  for (const output of message.outputData) if (output.data === head) output.data = rewritten;
}

/** The Host field, also where the fields are text already. */
export function hostFieldOf(request: ClientRequest): string | undefined {
  const field = request.getHeader('host');
  if (field !== undefined) return String(field);
  return /^host:[ \t]*([^\r\n]*)\r$/im.exec((request as unknown as Rendered)._header ?? '')?.[1];
}

/** Keeps the token out of what a logger prints of a request, and of an error that holds one. */
export function hideHead(request: ClientRequest): void {
  const { _header, outputData } = request as unknown as Rendered;
  Object.defineProperties(request, {
    _header: { value: _header, writable: true, configurable: true, enumerable: false },
    outputData: { value: outputData, writable: true, configurable: true, enumerable: false },
  });
}

/** Forgets the token, once it is sent. */
export function scrubHead(request: ClientRequest): void {
  const message = request as unknown as Rendered;
  if (message._header !== null) message._header = rewriteHead(message._header, []);
}

/** Forgets the token where nothing more will be sent: also what waits for a connection that never came about. */
export function scrubUnsent(request: ClientRequest): void {
  scrubHead(request);
  (request as unknown as Rendered).outputData = [];
  const socket = request.socket as { _pendingData?: unknown } | null;
  if (socket?._pendingData) socket._pendingData = null;
}
