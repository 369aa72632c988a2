import { once } from 'node:events';
import { lookup } from 'node:dns';
import { request } from 'node:http';
import type { LookupFunction } from 'node:net';
import { Agent, request as undiciRequest } from 'undici';
import { Peer, startCaller, type Caller } from './support/outgoing.js';

describe('a host name with a trailing dot', () => {
  let peer: Peer;
  let caller: Caller;
  // Resolves every name to this machine, as a foreign search domain might.
  const anywhere: LookupFunction = (_host, options, done) => lookup('127.0.0.1', options, done as never);

  beforeAll(async () => {
    peer = await new Peer().listen();
    caller = await startCaller({ internalOrigins: [`http://orders.internal:${peer.port}`] });
  });
  afterAll(async () => {
    await caller.close();
    await peer.close();
  });

  const byNode = async (host: string) => {
    const sent = caller.as('ada', () => request(`http://${host}:${peer.port}/`, { lookup: anywhere }));
    sent.end();
    const [response] = (await once(sent, 'response')) as [NodeJS.ReadableStream];
    response.resume();
    return peer.last.tokens.length;
  };
  const byUndici = async (host: string) => {
    const dispatcher = new Agent({ connect: { lookup: anywhere } });
    const { body } = await caller.as('ada', () => undiciRequest(`http://${host}:${peer.port}/`, { dispatcher }));
    await body.dump();
    await dispatcher.close();
    return peer.last.tokens.length;
  };

  it.each([
    ['node:http', byNode],
    ['undici', byUndici],
  ])('R91: is another host for %s', async (_client, call) => {
    expect(await call('orders.internal')).toBe(1);
    expect(await call('orders.internal.')).toBe(0);
    expect(await call('orders.internal.evil.example')).toBe(0);
    expect(await call('xn--orders-internal-9ob')).toBe(0);
    expect(await call('evil.orders.internal')).toBe(0);
  });
});
