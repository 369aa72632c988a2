import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/**
 * Below the ports that systems use for outgoing connections (32768 and above by default), so that no outgoing
 * connection takes a free port before a server listens on it.
 */
const FIRST = 20_000;
const LAST = 32_000;
/** Jest runs suites in parallel: each worker has its own ports. */
const SHARES = 16;
const SHARE = (LAST - FIRST) / SHARES;
const first = FIRST + SHARE * (Number(process.env.JEST_WORKER_ID ?? 0) % SHARES);
let turn = randomInt(SHARE);

/**
 * Returns ports that are free now and not handed out again soon.
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
