import { once } from 'node:events';
import { request } from 'node:http';
import { clientsOf, Peer, startCaller, type Caller } from './support/outgoing.js';

describe('A host in upper case', () => {
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

  it('R91: is not compared loosely where a client passes it on as it is', async () => {
    const sent = caller.as('ada', () => request({ host: 'LOCALHOST', port: peer.port }));
    sent.end();
    const [response] = (await once(sent, 'response')) as [NodeJS.ReadableStream];
    response.resume();
    expect(peer.last.tokens).toEqual([]);
  });

  it.each(clientsOf(() => caller))(
    'R91: is the internal origin where the URL says so, by $client',
    async ({ call }) => {
      await caller.as('ada', () => call(`HTTP://LocalHost:${peer.port}/`));
      expect(peer.last.tokens).toHaveLength(1);
    },
  );

  it.each(clientsOf(() => caller))('R91: belongs to nobody else, by $client', async ({ call }) => {
    const other = await new Peer().listen('127.0.0.1');
    await caller.as('ada', () => call(`HTTP://127.0.0.1:${other.port}/`));
    expect(other.last.tokens).toEqual([]);
    await other.close();
  });
});
