import { clientsOf, useCallerWithPeers } from './support/outgoing.js';

describe('a denied host among the internal origins', () => {
  const world = useCallerWithPeers(({ inside, outside }) => ({
    internalOrigins: [inside.origin, outside.origin],
    deniedHosts: [`127.0.0.1:${outside.port}`],
  }));

  describe.each(clientsOf(() => world.caller))('calling with $client', ({ call }) => {
    it('R99: gets no token, while the others do', async () => {
      await world.caller.as('ada', () => call(world.outside.origin, { headers: { 'Txn-Token': 'eyJ' } }));
      expect(world.outside.last.tokens).toEqual([]);
      await world.caller.as('ada', () => call(world.inside.origin));
      expect(world.inside.last.tokens).toHaveLength(1);
    });
  });
});
