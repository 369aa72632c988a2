import { clientsOf, useCallerWithPeers } from './support/outgoing.js';

describe('another port of an internal host', () => {
  const world = useCallerWithPeers();

  describe.each(clientsOf(() => world.caller))('calling with $client', ({ call }) => {
    it('R91: gets no token', async () => {
      await world.caller.as('ada', () => call(`${world.outside.origin}/`));
      expect(world.outside.last.tokens).toEqual([]);
    });

    it('R91: gets no token, whatever the Host header says', async () => {
      const { caller, inside, outside } = world;
      const headers = { host: `127.0.0.1:${inside.port}` };
      await caller.as('ada', () => call(`${outside.origin}/`, { headers })).catch(() => undefined);
      for (const request of outside.received) expect(request.tokens).toEqual([]);
    });
  });
});
