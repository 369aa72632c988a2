import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/**
 * Below the range that systems take the ports of outgoing connections from (32768 on by default): a port that was free
 * a moment ago is not taken by somebody's connection to a database before it is listened on.
 */
const FIRST = 20_000;
const LAST = 32_000;

/** Ports that were free a moment ago, all different. */
export async function freePorts(count, host = '127.0.0.1') {
  const servers = [];
  try {
    while (servers.length < count) {
      const server = await listen(randomInt(FIRST, LAST), host);
      if (server !== undefined) servers.push(server);
    }
    return servers.map((server) => server.address().port);
  } finally {
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  }
}

async function listen(port, host) {
  const server = createServer().listen(port, host);
  try {
    await once(server, 'listening');
    return server;
  } catch (error) {
    if (error.code === 'EADDRINUSE' || error.code === 'EACCES') return undefined;
    throw error;
  }
}

export function isListening(port, host = '127.0.0.1') {
  return new Promise((resolve) => {
    const socket = connect(port, host);
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
