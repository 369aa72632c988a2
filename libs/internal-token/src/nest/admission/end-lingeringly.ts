import type { Duplex } from 'node:stream';

/** How long a refused client may take to read why, in milliseconds. */
const LINGER_MS = 2_000;

/**
 * Ends a connection that Node has handed out, so that none of its time-outs hold any more: sends what remains, discards
 * what still comes, and closes with the client, or without it after two seconds.
 */
export function endLingeringly(socket: Duplex, rest?: string): void {
  const deadline = setTimeout(() => socket.destroy(), LINGER_MS).unref();
  socket.once('close', () => clearTimeout(deadline));
  // Unread, the client's own end would go unnoticed.
  socket.resume();
  if (rest === undefined) socket.end();
  else socket.end(rest);
}
