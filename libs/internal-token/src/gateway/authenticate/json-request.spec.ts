import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { requestJson } from './json-request.js';

describe('requestJson', () => {
  let server: Server;
  let url: string;

  beforeEach(async () => {
    server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  });

  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });

  it('gives up when no answer comes', async () => {
    await expect(requestJson({ url, timeoutMs: 20 })).rejects.toThrow('no complete answer in time');
  });

  it('gives up when an answer never ends', async () => {
    server.on('request', (_request, response) => response.write('{'));
    await expect(requestJson({ url, timeoutMs: 100 })).rejects.toThrow('no complete answer in time');
  });

  it('gives up when its signal is aborted', async () => {
    const asking = new AbortController();
    server.on('request', () => asking.abort());
    await expect(requestJson({ url, signal: asking.signal })).rejects.toThrow('no complete answer in time');
  });

  it('stops reading an answer that is too long', async () => {
    let written = 0;
    const stopped = new Promise<void>((resolve) => {
      server.on('request', (_request, response) => {
        response.on('close', resolve);
        const chunk = Buffer.alloc(64 * 1024, 'x');
        const more = (): void => {
          while (!response.destroyed && response.write(chunk)) written += chunk.length;
        };
        response.on('drain', more);
        more();
      });
    });
    await expect(requestJson({ url })).rejects.toThrow('longer than 262144 bytes');
    await stopped;
    expect(written).toBeLessThan(64 * 1024 * 1024);
  });

  it('says what failed without quoting the answer', async () => {
    server.on('request', (_request, response) => response.end('secret-looking text'));
    await expect(requestJson({ url })).rejects.toThrow(/^the answer is not JSON$/);
    await expect(requestJson({ url: 'http://127.0.0.1:1/' })).rejects.toThrow('the connection failed (ECONNREFUSED)');
  });

  it('returns a status other than 200 without a body', async () => {
    server.on('request', (_request, response) => response.writeHead(404).end('{"active":true}'));
    expect(await requestJson({ url })).toEqual({ status: 404 });
  });
});
