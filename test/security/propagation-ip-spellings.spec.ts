import { once } from 'node:events';
import { request } from 'node:http';
import { clientsOf, useCallerWithPeers } from './support/outgoing.js';

describe('other spellings of an IP address', () => {
  const world = useCallerWithPeers();

  it.each(['127.1', '2130706433', '0x7f.0.0.1', '0177.0.0.1', '::ffff:127.0.0.1', '127.0.0.1.'])(
    'R91: does not treat %s as the internal origin when the client does not normalize it',
    async (host) => {
      const sent = world.caller.as('ada', () => request({ host, port: world.inside.port }));
      sent.end();
      await once(sent, 'response').catch(() => undefined);
      for (const { tokens } of world.inside.received) expect(tokens).toEqual([]);
      sent.destroy();
    },
  );

  describe.each(clientsOf(() => world.caller))('calling with $client', ({ call }) => {
    it.each(['127.1', '2130706433', '0x7f.0.0.1', '0177.0.0.1'])(
      'R91: sends no token to an external host spelled http://%s',
      async (host) => {
        await world.caller.as('ada', () => call(`http://${host}:${world.outside.port}/`)).catch(() => undefined);
        for (const { tokens } of world.outside.received) expect(tokens).toEqual([]);
      },
    );

    it('R91: treats an IPv4 address inside an IPv6 one as another origin', async () => {
      await world.caller
        .as('ada', () => call(`http://[::ffff:127.0.0.1]:${world.inside.port}/`))
        .catch(() => undefined);
      for (const { tokens } of world.inside.received) expect(tokens).toEqual([]);
    });
  });
});
