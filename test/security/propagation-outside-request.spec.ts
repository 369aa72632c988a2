import { withoutPropagation } from 'nestjs-internal-token/http';
import { clientsOf, refusalOf, useCallerWithPeers } from './support/outgoing.js';

describe('code outside any request', () => {
  const world = useCallerWithPeers();

  describe.each(clientsOf(() => world.caller))('calling with $client', ({ call }) => {
    it('R97: cannot call an internal origin, and the error says why', async () => {
      expect(await refusalOf(call(world.inside.origin))).toBe('txn_no_context');
      expect(await refusalOf(call(world.inside.origin, { headers: { 'Txn-Token': 'eyJ.kept.from-somewhere' } }))).toBe(
        'txn_no_context',
      );
      expect(world.inside.received).toEqual([]);
    });

    it('R97: calls external hosts as if this library were absent', async () => {
      await call(world.outside.origin, { headers: { traceparent: 'its-own' } });
      expect(world.outside.last.tokens).toEqual([]);
      expect(world.outside.last.all('traceparent')).toEqual(['its-own']);
    });

    it('can call an internal origin when it declares that it needs no token', async () => {
      expect(await withoutPropagation(() => call(world.inside.origin))).toMatchObject({ status: 200 });
      expect(await world.caller.as('ada', () => withoutPropagation(() => call(world.inside.origin)))).toMatchObject({
        status: 200,
      });
      expect(world.inside.received.map(({ tokens }) => tokens)).toEqual([[], []]);
    });
  });
});
