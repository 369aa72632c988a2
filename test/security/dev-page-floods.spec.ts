import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { DevGateway } from '../support/dev-gateway.js';

describe('dev page: clients that follow the log', () => {
  let dev: DevGateway;
  const sockets: Socket[] = [];
  beforeAll(async () => (dev = await DevGateway.start()));
  afterAll(async () => {
    for (const socket of sockets) socket.destroy();
    await dev.close();
  });

  /** A client that reads the head of its answer and then nothing more. */
  const open = async (): Promise<string> => {
    const socket = connect(dev.gateway.port, '127.0.0.1');
    sockets.push(socket);
    socket.write(`GET /__dev/requests HTTP/1.1\r\nHost: ${dev.host}\r\n\r\n`);
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    socket.pause();
    return chunk.toString().split('\r\n')[0] ?? '';
  };

  it('limits their number, answers one more with a retry hint, and reuses a freed place', async () => {
    for (let index = 0; index < 16; index++) expect(await open()).toContain('200');
    const refused = await dev.get('/__dev/requests');
    expect([refused.status, refused.headers['retry-after']]).toEqual([503, '5']);
    sockets.shift()?.destroy();
    let status = '';
    while (!status.includes('200')) status = await open();
  });

  it('do not delay the shutdown of the application', async () => {
    const other = await DevGateway.start();
    const answer = fetch(`${other.url}/__dev/requests`);
    const { body } = await answer;
    await other.gateway.app.close();
    const reader = body!.getReader();
    let done = false;
    while (!done) ({ done } = await reader.read());
    expect(done).toBe(true);
    await other.close();
  });
});
