import { once } from 'node:events';
import { connect } from 'node:net';
import { shuffled } from '../topology/random.js';

/** The pieces to write, and how the connection then ends. */
export interface HostileConnection {
  readonly port: number;
  readonly parts: readonly string[];
  readonly ending: (typeof ENDINGS)[number];
}

/** A port to attack, and the header with which it admits requests. */
export interface AttackedPort {
  readonly port: number;
  readonly credentials: string;
}

const ENDINGS = ['reset', 'reset at the first answer', 'leave', 'wait for the end'] as const;
/** Guards against hanging. */
const LIMIT_MS = 60_000;

const head = (line: string, ...fields: string[]): string => [line, 'Host: a', ...fields, '', ''].join('\r\n');
const CONNECT = head('CONNECT a:1 HTTP/1.1');
const CORPUS = [
  head('GET /catalog/items HTTP/1.1') + CONNECT,
  head('GET /orders HTTP/1.1') + CONNECT,
  `${head('POST /catalog/echo HTTP/1.1', 'Transfer-Encoding: chunked')}3\r\nabc\r\n0\r\nX: y\r\n\r\n`,
  `${head('POST /catalog/echo HTTP/1.1', 'Expect: 100-continue', 'Content-Length: 3')}abc`,
  head('POST /orders HTTP/1.1', 'Expect: something', 'Content-Length: 9'),
  head('GET /catalog/items HTTP/1.1', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'),
  head('GET /catalog/items HTTP/1.1', 'Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAM'),
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  head('TRACE / HTTP/1.1'),
  `${head('POST /orders HTTP/1.1', 'Content-Length: 4', 'Transfer-Encoding: chunked')}0\r\n\r\n`,
  'GET /catalog/items HTTP/1.1\r\n\r\n',
  'GET http://[ HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n',
  '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 a TLS hello',
  '\0\xff garbage \r\n\r\n',
];

/** `count` connections: one reset after each byte of the corpus, and the rest at random. */
export function hostileConnections(
  ports: readonly AttackedPort[],
  random: () => number,
  count: number,
): readonly HostileConnection[] {
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)] as T;
  const resets = CORPUS.flatMap((bytes) =>
    Array.from(bytes, (_, index): HostileConnection => ({
      port: pick(ports).port,
      parts: [bytes.slice(0, index + 1)],
      ending: 'reset',
    })),
  );
  const composed = (): HostileConnection => {
    const { port, credentials } = pick(ports);
    const good = [
      head('GET /catalog/items HTTP/1.1', credentials),
      head('GET /orders HTTP/1.1', credentials),
      `${head('POST /orders HTTP/1.1', credentials, 'Content-Type: application/json', 'Content-Length: 2')}{}`,
    ];
    const pieces = Array.from({ length: 1 + Math.floor(random() * 5) }, () => pick([...CORPUS, ...good, ...good]));
    const whole = pieces.join('');
    const bytes = random() < 0.5 ? whole : whole.slice(0, 1 + Math.floor(random() * whole.length));
    const cuts = Array.from({ length: Math.floor(random() * 4) }, () => Math.floor(random() * bytes.length));
    const edges = [0, ...cuts.toSorted((one, other) => one - other), bytes.length];
    const parts = edges.slice(1).map((edge, index) => bytes.slice(edges[index], edge));
    return { port, parts: parts.filter((part) => part !== ''), ending: pick(ENDINGS) };
  };
  const others = Array.from({ length: Math.max(count - resets.length, resets.length) }, composed);
  return shuffled([...resets, ...others], random).slice(0, count);
}

/** Resolves when the connection has ended. */
export async function attack({ port, parts, ending }: HostileConnection): Promise<void> {
  const socket = connect(port, '127.0.0.1').on('error', () => undefined);
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  const limit = setTimeout(() => {
    socket.destroy(new Error('never closed'));
  }, LIMIT_MS);
  let overdue = false;
  socket.once('error', ({ message }) => (overdue = message === 'never closed'));
  await Promise.race([once(socket, 'connect'), closed]);
  for (const part of parts) {
    if (!socket.writable) break;
    await Promise.race([new Promise((resolve) => socket.write(part, 'latin1', resolve)), closed]);
  }
  if (ending === 'reset') socket.resetAndDestroy();
  else if (ending === 'leave') socket.destroy();
  else {
    if (ending === 'reset at the first answer') socket.once('data', () => socket.resetAndDestroy());
    socket.resume().end();
  }
  await closed;
  clearTimeout(limit);
  if (overdue) throw new Error(`Never closed: ${JSON.stringify({ parts, ending })}`);
}
