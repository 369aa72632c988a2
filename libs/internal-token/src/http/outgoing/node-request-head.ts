import type { ClientRequest } from 'node:http';
import { isReserved, rewriteHead } from './reserved-fields.js';

/**
 * Internals of Node's OutgoingMessage. Its public methods are not enough: a field set with them can be replaced by the
 * application later, stays readable in `getHeaders()`, and cannot be set at all if the fields were given as a list.
 */
interface Rendered {
  _header: string | null;
  _storeHeader(firstLine: string, headers: unknown): void;
  outputData: { data: unknown }[];
}

/** Makes the request carry these reserved fields (name, value, …) and no others, even if the application sets some. */
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

/** Fields that were given as a list or together with `Expect` are already rendered, but not sent yet. */
function rewriteRendered(message: Rendered, fields: readonly string[]): void {
  const head = message._header ?? '';
  const rewritten = rewriteHead(head, fields);
  message._header = rewritten;
  for (const output of message.outputData) if (output.data === head) output.data = rewritten;
}

/** The Host field, even if the fields are already rendered. */
export function hostFieldOf(request: ClientRequest): string | undefined {
  const field = request.getHeader('host');
  if (field !== undefined) return String(field);
  return /^host:[ \t]*([^\r\n]*)\r$/im.exec((request as unknown as Rendered)._header ?? '')?.[1];
}

/** Hides the token from loggers that print the request or an error that refers to it. */
export function hideHead(request: ClientRequest): void {
  const { _header, outputData } = request as unknown as Rendered;
  Object.defineProperties(request, {
    _header: { value: _header, writable: true, configurable: true, enumerable: false },
    outputData: { value: outputData, writable: true, configurable: true, enumerable: false },
  });
}

/** Removes the token from the request after it has been sent. */
export function scrubHead(request: ClientRequest): void {
  const message = request as unknown as Rendered;
  if (message._header !== null) message._header = rewriteHead(message._header, []);
}

/** Removes the token if nothing more will be sent, also from data that waits for a connection. */
export function scrubUnsent(request: ClientRequest): void {
  scrubHead(request);
  (request as unknown as Rendered).outputData = [];
  const socket = request.socket as { _pendingData?: unknown } | null;
  if (socket?._pendingData) socket._pendingData = null;
}
