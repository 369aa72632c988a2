import { jest } from '@jest/globals';
import { clientsOf, refusalOf, useCallerWithPeers } from './support/outgoing.js';

describe('an expired token', () => {
  const world = useCallerWithPeers();

  describe.each(clientsOf(() => world.caller))('calling with $client', ({ call }) => {
    it('R98: is not sent, is not replaced by a new one, and is counted', async () => {
      const claims = world.caller.tokens.claims();
      const { propagation } = world.caller;
      const before = propagation.expired;
      const clock = jest.spyOn(Date, 'now').mockReturnValue(claims.expiresAt * 1000);
      try {
        expect(await refusalOf(world.caller.as(claims, () => call(world.inside.origin)))).toBe('txn_expired');
      } finally {
        clock.mockRestore();
      }
      expect(propagation.expired).toBe(before + 1);
      expect(world.inside.received).toEqual([]);
    });
  });
});
