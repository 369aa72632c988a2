import { Agent, request } from 'node:http';
import { Agent as UndiciAgent, request as undiciRequest } from 'undici';
import axios from 'axios';
import { type Client, clientsOf, useCallerWithPeers } from './support/outgoing.js';

const USERS = 50;

describe('users whose calls share connections', () => {
  const world = useCallerWithPeers();
  const narrow = new UndiciAgent({ connections: 2, pipelining: 1 });
  const agent = new Agent({ keepAlive: true, maxSockets: 2 });
  afterAll(async () => {
    agent.destroy();
    await narrow.destroy();
  });

  const narrowUndici: Client = async (url, call) => {
    const { statusCode, body } = await undiciRequest(url, { ...call, method: 'GET', dispatcher: narrow });
    return { status: statusCode, text: await body.text() };
  };
  const narrowAxios: Client = async (url, call) => {
    const response = await axios.get(url, { ...call, httpAgent: agent, responseType: 'text' });
    return { status: response.status, text: String(response.data) };
  };
  const narrowNode: Client = (url, call = {}) =>
    new Promise((resolve, reject) => {
      request(url, { ...call, agent }, (response) => {
        let text = '';
        response.on('data', (chunk) => (text += String(chunk)));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      })
        .on('error', reject)
        .end();
    });

  it.each([
    ...clientsOf(() => world.caller),
    { client: 'undici with two connections', call: narrowUndici },
    { client: 'node:http with two sockets', call: narrowNode },
    { client: 'axios with two sockets', call: narrowAxios },
  ])('R94: are never mixed up, not even behind a redirect, with $client', async ({ call }) => {
    const { caller, inside } = world;
    inside.answer = (req, res) => {
      const path = req.url ?? '';
      if (path.startsWith('/from/')) return void res.writeHead(307, { location: `/to/${path.slice(6)}` }).end();
      setTimeout(() => void res.end(path), Number(path.at(-1)));
    };
    await Promise.all(
      Array.from({ length: USERS }, (_, i) =>
        caller.as(`user-${i}`, async () => {
          await call(`${inside.origin}/to/user-${i}`);
          await call(`${inside.origin}/from/user-${i}`);
        }),
      ),
    );
    const verifier = await caller.tokens.verifier();
    expect(inside.received.length).toBeGreaterThanOrEqual(2 * USERS);
    for (const { url, tokens } of inside.received) {
      const [token = ''] = tokens;
      expect(`${url.replace(/^\/\w+\//, '')} ${(await verifier.verify(token)).userId}`).toMatch(/^(\S+) \1$/);
    }
  });
});
