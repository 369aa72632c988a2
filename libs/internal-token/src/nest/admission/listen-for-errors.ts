import type { Duplex } from 'node:stream';

/**
 * An error event of a connection that nobody hears ends the process. The error has destroyed the connection already, and
 * its close is what everything else waits for. Once per connection.
 */
export function listenForErrors(connection: Duplex): void {
  if (connection.listenerCount('error', ignore) === 0) connection.on('error', ignore);
}

function ignore(): void {}
