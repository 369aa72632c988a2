import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/**
 * Below the range that systems take the ports of outgoing connections from (32768 on by default): a port that was free
 * a moment ago is not taken by somebody's connection to a database before it is listened on.
 */
const FIRST = 20_000;
const LAST = 32_000;
/** Nor by a suite that runs beside: each worker of jest has ports of its own. */
const SHARES = 16;
const SHARE = (LAST - FIRST) / SHARES;
const first = FIRST + SHARE * (Number(process.env.JEST_WORKER_ID ?? 0) % SHARES);
let turn = randomInt(SHARE);

/**
 * Ports that were free a moment ago, and stay so until somebody listens there: none is given again soon.
 * @returns {Promise<number[]>}
 */
export async function freePorts(count, host = '127.0.0.1') {
  const ports = [];
  while (ports.length < count) {
    const port = first + (turn++ % SHARE);
    if (await canBeListenedOn(port, host)) ports.push(port);
  }
  return ports;
}

async function canBeListenedOn(port, host) {
  const server = createServer().listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    if (error.code === 'EADDRINUSE' || error.code === 'EACCES') return false;
    throw error;
  }
  await new Promise((resolve) => server.close(resolve));
  return true;
}

export function isListening(port, host = '127.0.0.1') {
  return new Promise((resolve) => {
    const socket = connect(port, host);
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
