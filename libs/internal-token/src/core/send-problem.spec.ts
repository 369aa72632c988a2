import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { InternalTokenError } from './errors.js';
import { toProblem } from './problem.js';
import { sendProblem } from './send-problem.js';
import { newTransactionId } from './token/transaction-id.js';

const id = newTransactionId();
const problem = toProblem(new InternalTokenError('access_token_missing'), id);

async function serve(listener: RequestListener): Promise<{ port: number; server: Server }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, port: (server.address() as AddressInfo).port };
}

describe('sendProblem', () => {
  it('R85, R87: writes the problem to a raw response and keeps the headers that are already set', async () => {
    const { port, server } = await serve((_, response) => {
      response.setHeader('WWW-Authenticate', 'Bearer');
      sendProblem(response, problem);
    });
    const response = await fetch(`http://127.0.0.1:${port}/`);
    expect(response.status).toBe(401);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
    expect(response.headers.get('x-request-id')).toBe(id);
    expect(await response.json()).toEqual(problem);
    server.close();
  });

  it('keeps a request id that the response already has', async () => {
    const { port, server } = await serve((_, response) => {
      response.setHeader('X-Request-Id', 'first');
      sendProblem(response, problem);
    });
    expect((await fetch(`http://127.0.0.1:${port}/`)).headers.get('x-request-id')).toBe('first');
    server.close();
  });

  it('answers HEAD without a body', async () => {
    const { port, server } = await serve((_, response) => sendProblem(response, problem));
    const response = await fetch(`http://127.0.0.1:${port}/`, { method: 'HEAD' });
    expect(response.status).toBe(401);
    expect(await response.text()).toBe('');
    server.close();
  });

  it('does nothing on a response that has already begun', async () => {
    const { port, server } = await serve((_, response) => {
      response.end('done');
      sendProblem(response, problem);
    });
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('done');
    server.close();
  });

  it('answers at once and closes the connection while a body is still arriving', async () => {
    const { port, server } = await serve((_, response) => sendProblem(response, problem));
    const socket = connect(port, '127.0.0.1');
    socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\nstart');
    const answer = await text(socket);
    expect(answer).toMatch(/^HTTP\/1\.1 401 /);
    expect(answer).toMatch(/\r\nConnection: close\r\n/);
    server.close();
  });
});
