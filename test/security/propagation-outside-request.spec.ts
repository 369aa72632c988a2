import { withoutPropagation } from 'nestjs-internal-token/http';
import { clientsOf, refusalOf, useCallerWithPeers } from './support/outgoing.js';

describe('Code outside of any request', () => {
  const world = useCallerWithPeers();

  describe.each(clientsOf(() => world.caller))('by $client', ({ call }) => {
    it('R97: reaches no internal origin, and is told why', async () => {
      expect(await refusalOf(call(world.inside.origin))).toBe('txn_no_context');
      expect(await refusalOf(call(world.inside.origin, { headers: { 'Txn-Token': 'eyJ.kept.from-somewhere' } }))).toBe(
        'txn_no_context',
      );
      expect(world.inside.received).toEqual([]);
    });

    it('R97: calls everybody else as if this library were not there', async () => {
      await call(world.outside.origin, { headers: { traceparent: 'its-own' } });
      expect(world.outside.last.tokens).toEqual([]);
      expect(world.outside.last.all('traceparent')).toEqual(['its-own']);
    });

    it('is let through where it says that it needs no token', async () => {
      expect(await withoutPropagation(() => call(world.inside.origin))).toMatchObject({ status: 200 });
      expect(await world.caller.as('ada', () => withoutPropagation(() => call(world.inside.origin)))).toMatchObject({
        status: 200,
      });
      expect(world.inside.received.map(({ tokens }) => tokens)).toEqual([[], []]);
    });
  });
});
