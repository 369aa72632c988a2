import { once } from 'node:events';
import { request } from 'node:http';
import { clientsOf, useCallerWithPeers } from './support/outgoing.js';

const MINE = 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.mine';

describe('a Txn-Token header set by the application', () => {
  const world = useCallerWithPeers();

  describe.each(clientsOf(() => world.caller))('calling with $client', ({ call }) => {
    it.each(['Txn-Token', 'TXN-TOKEN', 'txn-token', 'Txn_Token', 'txn_token'])(
      "R93: is replaced by the context's own, as %s",
      async (name) => {
        const claims = world.caller.tokens.claims({ userId: 'ada' });
        await world.caller.as(claims, () => call(world.inside.origin, { headers: { [name]: MINE } }));
        const [token, ...more] = world.inside.last.tokens;
        expect(more).toEqual([]);
        expect((await (await world.caller.tokens.verifier()).verify(token ?? '')).userId).toBe('ada');
      },
    );

    it.each(['Txn-Token', 'txn_token'])('R91, R93: is never sent to an external host, as %s', async (name) => {
      await world.caller.as('ada', () => call(world.outside.origin, { headers: { [name]: MINE } }));
      expect(world.outside.last.tokens).toEqual([]);
    });

    it('R74, R92a, R93: is sent as exactly one header when set in several spellings', async () => {
      const headers = { 'Txn-Token': MINE, txn_token: MINE, traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` };
      const claims = world.caller.tokens.claims();
      await world.caller.as(claims, () => call(world.inside.origin, { headers }));
      expect(world.inside.last.tokens).toHaveLength(1);
      expect(world.inside.last.tokens).not.toContain(MINE);
      expect(world.inside.last.all('traceparent')).toHaveLength(world.inside.last.all('traceparent').length && 1);
      expect(world.inside.last.all('traceparent').join()).not.toContain('a'.repeat(32));
    });
  });

  const received = async (sent: ReturnType<typeof request>) => {
    sent.end();
    const [response] = (await once(sent, 'response')) as [NodeJS.ReadableStream];
    response.resume();
  };

  it('R93: cannot be added to a node:http request later', async () => {
    for (const peer of [world.inside, world.outside]) {
      const sent = world.caller.as('ada', () => request(peer.origin));
      sent.setHeader('Txn-Token', MINE);
      sent.appendHeader('txn_token', MINE);
      sent.setHeaders(new Headers({ traceparent: 'mine' }));
      await received(sent);
      expect(peer.last.tokens).not.toContain(MINE);
      expect(peer.last.tokens).toHaveLength(peer === world.inside ? 1 : 0);
      expect(peer.last.all('traceparent')).not.toContain('mine');
    }
  });

  it('R93: cannot be removed from a node:http request, or read', async () => {
    const sent = world.caller.as('ada', () => request(world.inside.origin));
    sent.removeHeader('Txn-Token');
    expect(sent.getHeader('Txn-Token')).toBeUndefined();
    await received(sent);
    expect(world.inside.last.tokens).toHaveLength(1);
  });

  it.each([
    ['a list', { headers: ['Host', 'x', 'Txn-Token', MINE, 'txn_token', MINE, 'X-Other', 'stays'] }],
    ['Expect', { headers: { Expect: '100-continue', 'Txn-Token': MINE, 'X-Other': 'stays' } }],
  ])('R93: is replaced in headers that node:http has already serialized: %s', async (_name, options) => {
    for (const peer of [world.inside, world.outside]) {
      const sent = world.caller.as('ada', () => request(peer.origin, { method: 'POST', ...options }));
      await received(sent);
      expect(peer.last.tokens).toHaveLength(peer === world.inside ? 1 : 0);
      expect(peer.last.tokens).not.toContain(MINE);
      expect(peer.last.all('x-other')).toEqual(['stays']);
    }
  });
});
