import { jest } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { closeLingeringly } from '../src/nest/admission/close-lingeringly.js';
import { holdTimers } from '../../../test/support/held-timers.js';

describe('A request that is answered before all of it has arrived', () => {
  let server: Server;
  let resets = 0;
  const sockets: Socket[] = [];
  beforeAll(async () => {
    server = createServer((request, response) => {
      closeLingeringly(request, response);
      request.socket.on('error', () => resets++);
      sockets.push(request.socket);
      if (request.url === '/') response.setHeader('connection', 'close');
      response.writeHead(413).end('too large');
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  const open = (length: number, path = '/') => {
    // This client keeps sending after the server has ended its side.
    const { port } = server.address() as AddressInfo;
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    socket.write(`POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n\r\n`);
    return socket;
  };

  beforeEach(() => holdTimers());
  afterEach(() => jest.useRealTimers());

  it('gets its answer while it is still being sent', async () => {
    const socket = open(4_000_000);
    let answer = '';
    let broken: Error | undefined;
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
    socket.on('error', (error) => (broken = error));
    await once(socket, 'data');
    // All of this is sent after the answer; closing the connection at once would reset it.
    for (let sent = 0; sent < 4_000_000; sent += 100_000) {
      if (!socket.write(Buffer.alloc(100_000))) await once(socket, 'drain');
    }
    socket.end();
    await once(socket, 'close');
    expect(broken).toBeUndefined();
    expect(answer).toMatch(/^HTTP\/1\.1 413 [\s\S]*too large/);
    expect(resets).toBe(0);
  });

  it('does not keep its connection for ever', async () => {
    const socket = open(4_000_000).resume();
    socket.on('error', () => undefined);
    await once(socket, 'end');
    const drip = setInterval(() => socket.write('x'), 50);
    jest.advanceTimersByTime(1_000);
    await new Promise((resolve) => socket.once('close', resolve));
    clearInterval(drip);
    expect(socket.destroyed).toBe(true);
  });

  it('leaves a persistent connection unchanged for the next request', async () => {
    const socket = open(10, '/kept');
    await once(socket, 'data');
    const kept = sockets.at(-1);
    expect(kept?.destroyed).toBe(false);
    expect(Object.hasOwn(kept ?? {}, 'destroySoon')).toBe(false);
    socket.destroy();
  });
});
