import { clientsOf, useCallerWithPeers } from './support/outgoing.js';

describe('an absolute URL of an external host', () => {
  const world = useCallerWithPeers();

  describe.each(clientsOf(() => world.caller))('calling with $client', ({ call }) => {
    it('R90, R91: gets no token, while the internal origin gets exactly one in its own header', async () => {
      const { caller, inside, outside } = world;
      const claims = caller.tokens.claims();
      expect(await caller.as(claims, () => call(`${inside.origin}/in`))).toEqual({ status: 200, text: 'ok' });
      expect(inside.last.tokens).toHaveLength(1);
      expect(inside.last.url).toBe('/in');
      expect(inside.last.all('authorization')).toEqual([]);
      expect(inside.last.all('cookie')).toEqual([]);

      expect(await caller.as(claims, () => call(`${outside.origin}/out`))).toEqual({ status: 200, text: 'ok' });
      expect(JSON.stringify(outside.last)).not.toContain('eyJ');
      expect(JSON.stringify(outside.last)).not.toContain(claims.tokenId);
    });

    it('R125: gets no trace header, not even one the application set', async () => {
      const headers = { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`, tracestate: 'user=ada' };
      await world.caller.as('ada', () => call(world.outside.origin, { headers }));
      expect(world.outside.last.all('traceparent')).toEqual([]);
      expect(world.outside.last.all('tracestate')).toEqual([]);
    });

    it('R91: gets no token by naming the internal origin in its path or Host header', async () => {
      const { caller, inside, outside } = world;
      await caller.as('ada', () => call(`${outside.origin}/${inside.origin}/`));
      const headers = { host: new URL(inside.origin).host };
      await caller.as('ada', () => call(outside.origin, { headers })).catch(() => undefined);
      for (const request of outside.received) expect(request.tokens).toEqual([]);
      expect(outside.received.length).toBeGreaterThan(0);
    });
  });
});
