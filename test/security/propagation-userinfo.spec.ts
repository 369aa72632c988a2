import { clientsOf, useCallerWithPeers } from './support/outgoing.js';

describe('a URL with user information', () => {
  const world = useCallerWithPeers();

  describe.each(clientsOf(() => world.caller))('calling with $client', ({ call }) => {
    it('R91: gets no token by naming an internal host before the @', async () => {
      const { caller, inside, outside } = world;
      const trick = `http://127.0.0.1:${inside.port}@127.0.0.1:${outside.port}/`;
      // Some clients reject such a URL.
      await caller.as('ada', () => call(trick)).catch(() => undefined);
      for (const request of outside.received) expect(request.tokens).toEqual([]);
      expect(inside.received).toEqual([]);
    });
  });
});
