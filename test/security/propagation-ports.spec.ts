import { clientsOf, useCallerWithPeers } from './support/outgoing.js';

describe('Another port of an internal host', () => {
  const world = useCallerWithPeers();

  describe.each(clientsOf(() => world.caller))('by $client', ({ call }) => {
    it('R91: is somebody else', async () => {
      await world.caller.as('ada', () => call(`${world.outside.origin}/`));
      expect(world.outside.last.tokens).toEqual([]);
    });

    it('R91: is somebody else, whatever the Host field says', async () => {
      const { caller, inside, outside } = world;
      const headers = { host: `127.0.0.1:${inside.port}` };
      await caller.as('ada', () => call(`${outside.origin}/`, { headers })).catch(() => undefined);
      for (const request of outside.received) expect(request.tokens).toEqual([]);
    });
  });
});
