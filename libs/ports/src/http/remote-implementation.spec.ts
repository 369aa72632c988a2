import { catalogPort } from '@app/contracts';
import { HttpService } from '@nestjs/axios';
import axios from 'axios';
import { once } from 'node:events';
import { Agent, createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { remoteImplementation } from './remote-implementation.js';

describe('A remote port', () => {
  const servers: Server[] = [];
  const agent = new Agent({ keepAlive: true });

  const listen = async (answer: RequestListener): Promise<string> => {
    const server = createServer(answer);
    servers.push(server);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  const idleTo = (url: string) => agent.freeSockets[`${new URL(url).host}:`] ?? [];

  afterAll(() => {
    agent.destroy();
    for (const server of servers) server.close();
  });

  it('closes idle connections only to the peer that has interrupted a call', async () => {
    const http = new HttpService(axios.create({ httpAgent: agent }));
    let breaks = false;
    const together = Promise.withResolvers<void>();
    let calls = 0;
    const peer = await listen((request, response) => {
      if (breaks) {
        breaks = false;
        request.socket.destroy();
      } else if (++calls === 1) {
        // Until a second connection is open.
        void together.promise.then(() => response.writeHead(204).end());
      } else {
        together.resolve();
        response.writeHead(204).end();
      }
    });
    const stranger = await listen((_request, response) => response.end());
    const catalog = remoteImplementation(catalogPort, peer, http);
    const call = () => catalog.findItems({ itemIds: [] });

    await http.axiosRef.get(stranger);
    await Promise.all([call(), call()]);
    const [[kept], before] = [idleTo(stranger), [...idleTo(peer)]];
    expect(before).toHaveLength(2);
    breaks = true;
    await call();
    expect(before.map(({ destroyed }) => destroyed)).toEqual([true, true]);
    expect(kept?.destroyed).toBe(false);
  });
});
