import { clientsOf, useCallerWithPeers } from './support/outgoing.js';

describe('A URL with user information', () => {
  const world = useCallerWithPeers();

  describe.each(clientsOf(() => world.caller))('by $client', ({ call }) => {
    it('R91: that spells an internal host in front of the @ gets no token', async () => {
      const { caller, inside, outside } = world;
      const trick = `http://127.0.0.1:${inside.port}@127.0.0.1:${outside.port}/`;
      // Some clients do not accept such a URL at all.
      await caller.as('ada', () => call(trick)).catch(() => undefined);
      for (const request of outside.received) expect(request.tokens).toEqual([]);
      expect(inside.received).toEqual([]);
    });
  });
});
