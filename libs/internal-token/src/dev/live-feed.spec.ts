import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { LiveFeed } from './live-feed.js';

describe('The feed of the live page', () => {
  const feed = new LiveFeed();
  let server: Server;
  beforeAll(async () => {
    server = createServer((_request, response) => void feed.open(response)).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterAll(() => {
    feed.close();
    server.closeAllConnections();
    server.close();
  });

  const open = async (): Promise<{ socket: Socket; response: ServerResponse }> => {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    const [, response] = (await once(server, 'request')) as [unknown, ServerResponse];
    return { socket, response };
  };

  it('sends one event per message, whatever it contains', async () => {
    const { socket } = await open();
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
    feed.tellAll('request', { op: 'a\n\nevent: b\ndata: c' });
    while (!text.includes('data: ')) await once(socket, 'data');
    expect(text).toContain('event: request\ndata: {"op":"a\\n\\nevent: b\\ndata: c"}\n\n');
    socket.destroy();
  });

  it('disconnects a client that does not read, and no other', async () => {
    const { socket: reading, response: kept } = await open();
    let read = 0;
    reading.on('data', (chunk: Buffer) => (read += chunk.length));
    const { socket, response } = await open();
    socket.pause();
    const closed = once(response, 'close');
    const text = 'x'.repeat(1_000_000);
    for (let told = text.length; !response.destroyed; told += text.length) {
      feed.tellAll('request', text);
      // A client that reads never falls far behind, however slow this machine is.
      while (read < told) await new Promise(setImmediate);
    }
    await closed;
    expect(kept.destroyed).toBe(false);
  });
});
