import { clientsOf, useCallerWithPeers } from './support/outgoing.js';

describe('a redirect', () => {
  const world = useCallerWithPeers();

  describe.each(clientsOf(() => world.caller))('followed by $client', ({ call, follows }) => {
    it.each([301, 302, 303, 307, 308])('R92: drops the token on a %i to another origin', async (status) => {
      const { caller, inside, outside } = world;
      inside.answer = (_req, res) => void res.writeHead(status, { location: `${outside.origin}/stolen` }).end();
      const headers = { 'Txn-Token': 'eyJ.set.by-the-application', txn_token: 'eyJ.too' };
      const answer = await caller.as('ada', () => call(`${inside.origin}/start`, { headers }));
      expect(inside.last.tokens).toHaveLength(1);
      if (follows) {
        expect(answer.status).toBe(200);
        expect(outside.last.url).toBe('/stolen');
      }
      for (const request of outside.received) {
        expect(request.tokens).toEqual([]);
        expect(request.all('traceparent')).toEqual([]);
      }
      expect(outside.received).toHaveLength(follows ? 1 : 0);
    });

    it('R92: sends the same token once when redirected back inside', async () => {
      const { caller, inside, outside } = world;
      outside.answer = (_req, res) => void res.writeHead(307, { location: `${inside.origin}/back` }).end();
      await caller.as('ada', () => call(`${outside.origin}/away`));
      expect(outside.last.tokens).toEqual([]);
      if (follows) expect(inside.last.tokens).toHaveLength(1);
    });
  });
});
