import type { VerifiedClaims } from 'nestjs-internal-token';
import { enterStore } from '../../libs/internal-token/src/nest/context/internal-token-store.js';
import { Application } from '../../libs/internal-token/src/nest/index.js';
import { clientsOf, refusalOf, useCallerWithPeers } from './support/outgoing.js';

describe('a request whose token was not verified', () => {
  const world = useCallerWithPeers();
  const within = <T>(claims: VerifiedClaims | undefined, fn: () => T): T => {
    const application = world.caller.app.get(Application);
    return enterStore({ txn: 'a'.repeat(32), application, ...(claims !== undefined && { claims }) }, fn);
  };

  describe.each(clientsOf(() => world.caller))('calling with $client', ({ call }) => {
    it('R81, R82: cannot call an internal origin', async () => {
      expect(await refusalOf(within(undefined, () => call(world.inside.origin)))).toBe('txn_no_context');
      expect(world.inside.received).toEqual([]);
    });

    it('R82a: gains nothing from claims that were made up or copied', async () => {
      const copy = { ...world.caller.tokens.claims({ userId: 'admin' }) };
      expect(await refusalOf(within(copy, () => call(world.inside.origin)))).toBe('txn_no_context');
      expect(world.inside.received).toEqual([]);
    });

    it('can call external hosts', async () => {
      expect(await within(undefined, () => call(world.outside.origin))).toMatchObject({ status: 200 });
    });
  });
});
