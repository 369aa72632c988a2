import axios from 'axios';
import { once } from 'node:events';
import { request } from 'node:http';
import { inspect } from 'node:util';
import { firstValueFrom } from 'rxjs';
import { clientsOf, useCallerWithPeers } from './support/outgoing.js';

/** A reserved port, at which no server can listen. */
const NOBODY = 'http://127.0.0.1:1023';
const ALL = { depth: 12, showHidden: true, maxStringLength: null } as const;

describe('the error of a failed call', () => {
  const world = useCallerWithPeers(({ inside }) => ({ internalOrigins: [inside.origin, NOBODY] }));

  const failureOf = async (call: Promise<unknown>): Promise<unknown> => {
    try {
      await call;
    } catch (error) {
      return error;
    }
    throw new Error('The call should have failed');
  };
  const shows = (error: unknown): string => {
    const seen = new WeakSet<object>();
    const json = JSON.stringify(error, (_key, value: unknown) => {
      if (typeof value !== 'object' || value === null) return value;
      if (seen.has(value)) return '[circular]';
      seen.add(value);
      return value;
    });
    return inspect(error, ALL) + json;
  };

  describe.each(clientsOf(() => world.caller))('calling with $client', ({ call }) => {
    it('R115: shows no token when the connection is refused', async () => {
      const error = await failureOf(world.caller.as('ada', () => call(NOBODY, { method: 'POST', body: 'x' })));
      expect(shows(error)).toContain('ECONNREFUSED');
      expect(shows(error)).not.toContain('eyJ');
    });

    it('R115: shows no token when the connection breaks', async () => {
      world.inside.answer = (_req, res) => void res.destroy();
      const error = await failureOf(world.caller.as('ada', () => call(world.inside.origin)));
      expect(world.inside.last.tokens).toHaveLength(1);
      expect(shows(error)).not.toContain('eyJ');
    });
  });

  it('R115: shows no token from HttpService, not even one the application put into the headers', async () => {
    const headers = { 'Txn-Token': 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.mine', 'X-Other': 'stays' };
    const { http } = world.caller;
    const error = await failureOf(world.caller.as('ada', () => firstValueFrom(http.get(NOBODY, { headers }))));
    expect(shows(error)).toContain('stays');
    expect(shows(error)).not.toContain('eyJ');
  });

  it('R115: shows no token from axios when a status fails the call', async () => {
    world.inside.answer = (_req, res) => void res.writeHead(500).end();
    const error = await failureOf(world.caller.as('ada', () => axios.post(world.inside.origin, { a: 1 })));
    expect(world.inside.last.tokens).toHaveLength(1);
    expect(shows(error)).toContain('AxiosError');
    expect(shows(error)).not.toContain('eyJ');
  });

  it('R115: shows no token on a node:http request in progress', async () => {
    const sent = world.caller.as('ada', () => request(world.inside.origin));
    sent.end();
    expect(inspect(sent, { depth: 6 })).not.toContain('eyJ');
    const [response] = (await once(sent, 'response')) as [NodeJS.ReadableStream];
    response.resume();
    expect(inspect([sent, response], ALL)).not.toContain('eyJ');
  });
});
