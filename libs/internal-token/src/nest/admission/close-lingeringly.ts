import type { IncomingMessage, ServerResponse } from 'node:http';

/** How long whoever still sends may go on, in milliseconds. */
const LINGER_MS = 1_000;

/**
 * Closes a connection whose request was answered before all of it had arrived in two steps: first our side, then, when
 * the other has noticed, all of it. To close at once while bytes still come resets the connection, and a reset can
 * overtake the answer (RFC 9112, section 9.6): a gateway that is writing a body would see it instead of the 413.
 */
export function closeLingeringly(request: IncomingMessage, response: ServerResponse): void {
  const { socket } = request;
  // Node's own listener, which closes, was there first.
  response.prependOnceListener('finish', () => {
    if (request.complete || socket.destroyed) return;
    socket.destroySoon = () => {
      const deadline = setTimeout(() => socket.destroy(), LINGER_MS).unref();
      socket.once('close', () => clearTimeout(deadline));
      request.once('end', () => socket.destroy());
      request.resume();
      socket.end();
    };
    // Node's listener is next. A connection that it keeps is a connection like any other again.
    queueMicrotask(() => Reflect.deleteProperty(socket, 'destroySoon'));
  });
}
