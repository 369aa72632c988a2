import { once } from 'node:events';
import { request } from 'node:http';
import { clientsOf, useCallerWithPeers } from './support/outgoing.js';

const MINE = 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.mine';

describe('A Txn-Token that the application sets itself', () => {
  const world = useCallerWithPeers();

  describe.each(clientsOf(() => world.caller))('by $client', ({ call }) => {
    it.each(['Txn-Token', 'TXN-TOKEN', 'txn-token', 'Txn_Token', 'txn_token'])(
      "R93: %s is replaced by the context's own",
      async (name) => {
        const claims = world.caller.tokens.claims({ userId: 'ada' });
        await world.caller.as(claims, () => call(world.inside.origin, { headers: { [name]: MINE } }));
        const [token, ...more] = world.inside.last.tokens;
        expect(more).toEqual([]);
        expect((await (await world.caller.tokens.verifier()).verify(token ?? '')).userId).toBe('ada');
      },
    );

    it.each(['Txn-Token', 'txn_token'])('R91, R93: %s never leaves for an outsider', async (name) => {
      await world.caller.as('ada', () => call(world.outside.origin, { headers: { [name]: MINE } }));
      expect(world.outside.last.tokens).toEqual([]);
    });

    it('R74, R92a, R93: several spellings at once become exactly one field', async () => {
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

  it('R93: cannot be put on a request of node:http later', async () => {
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

  it('R93: cannot be taken off again, or read, on a request of node:http', async () => {
    const sent = world.caller.as('ada', () => request(world.inside.origin));
    sent.removeHeader('Txn-Token');
    expect(sent.getHeader('Txn-Token')).toBeUndefined();
    await received(sent);
    expect(world.inside.last.tokens).toHaveLength(1);
  });

  it.each([
    ['a list', { headers: ['Host', 'x', 'Txn-Token', MINE, 'txn_token', MINE, 'X-Other', 'stays'] }],
    ['Expect', { headers: { Expect: '100-continue', 'Txn-Token': MINE, 'X-Other': 'stays' } }],
  ])('R93: is replaced in fields that node:http has written out already: %s', async (_name, options) => {
    for (const peer of [world.inside, world.outside]) {
      const sent = world.caller.as('ada', () => request(peer.origin, { method: 'POST', ...options }));
      await received(sent);
      expect(peer.last.tokens).toHaveLength(peer === world.inside ? 1 : 0);
      expect(peer.last.tokens).not.toContain(MINE);
      expect(peer.last.all('x-other')).toEqual(['stays']);
    }
  });
});
