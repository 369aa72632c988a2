import { once } from 'node:events';
import { request } from 'node:http';
import { clientsOf, Peer, startCaller, type Caller } from './support/outgoing.js';

describe('a host in upper case', () => {
  let peer: Peer;
  let caller: Caller;
  beforeAll(async () => {
    peer = await new Peer().listen('localhost');
    caller = await startCaller({ internalOrigins: [`http://localhost:${peer.port}`] });
  });
  afterAll(async () => {
    await caller.close();
    await peer.close();
  });

  it('R91: is compared exactly when the client does not normalize it', async () => {
    const sent = caller.as('ada', () => request({ host: 'LOCALHOST', port: peer.port }));
    sent.end();
    const [response] = (await once(sent, 'response')) as [NodeJS.ReadableStream];
    response.resume();
    expect(peer.last.tokens).toEqual([]);
  });

  it.each(clientsOf(() => caller))('R91: is the internal origin in a URL, with $client', async ({ call }) => {
    await caller.as('ada', () => call(`HTTP://LocalHost:${peer.port}/`));
    expect(peer.last.tokens).toHaveLength(1);
  });

  it.each(clientsOf(() => caller))('R91: gets no token when it is external, with $client', async ({ call }) => {
    const other = await new Peer().listen('127.0.0.1');
    await caller.as('ada', () => call(`HTTP://127.0.0.1:${other.port}/`));
    expect(other.last.tokens).toEqual([]);
    await other.close();
  });
});
