import { randomBytes } from 'node:crypto';
import { Controller, Get } from '@nestjs/common';
import { TestTokenIssuer } from 'nestjs-internal-token/testing';
import { InternalTokenVerifier, jwksUriSource, KeyStore } from '../../libs/internal-token/src/core/index.js';
import { ADAPTERS, start } from '../../libs/internal-token/test/support/adapters.js';
import { ManualClock } from '../../libs/internal-token/test/support/manual-clock.js';
import { JwksServer } from '../support/jwks-server.js';
import { refusalOf } from '../support/refusals.js';

@Controller('orders')
class OrdersController {
  @Get()
  list() {
    return [];
  }
}

describe('a flood of unknown key ids', () => {
  const tokens = new TestTokenIssuer();
  let source: JwksServer;
  const unknown = () => tokens.forged({ header: { kid: randomBytes(16).toString('hex') } });

  beforeEach(async () => {
    source = await JwksServer.start((await tokens.keys.source.load(new AbortController().signal)).keys);
  });
  afterEach(() => source.goDown());

  it.each(ADAPTERS)(
    'R107: starts few key loads in a thousand requests, on $adapter, and verifies good tokens throughout',
    async (row) => {
      const { app, get } = await start(row, {
        controllers: [OrdersController],
        options: { keys: { jwksUri: source.jwksUri } },
      });
      const atStart = source.asked;
      let unknownToAll = 0;
      const began = performance.now();
      for (let i = 0; i < 20; i += 1) {
        const answers = await Promise.all([
          ...Array.from({ length: 50 }, () => get('/orders', unknown())),
          get('/orders', tokens.token()),
        ]);
        const refused = answers.slice(0, 50).map(({ status }) => status);
        // 503 if the machine is so slow that a load takes more than a second.
        expect(refused.filter((status) => status === 401 || status === 503)).toHaveLength(50);
        unknownToAll += refused.filter((status) => status === 401).length;
        expect(answers[50]?.status).toBe(200);
        await Promise.all(answers.map((answer) => answer.text()));
      }
      // Few loads are made, and most requests wait for none.
      expect(unknownToAll).toBeGreaterThan(500);
      // Four in any minute and one in any half minute; the test may take its time.
      const halves = Math.floor((performance.now() - began) / 30_000);
      expect(source.asked - atStart).toBeLessThanOrEqual(5 + halves + 4 * Math.floor(halves / 2));
      await app.close();
    },
  );

  it('R107: makes six loads a minute besides the scheduled ones in an hour of flood, whatever the key server does', async () => {
    const clock = new ManualClock();
    const loads: { at: number; caused: boolean }[] = [];
    let verifying = false;
    const keys = await tokens.keys.source.load(new AbortController().signal);
    const store = new KeyStore({
      clock,
      source: {
        description: 'counted',
        load: () => {
          loads.push({ at: clock.now(), caused: verifying });
          // The key server is down every other minute.
          return Math.floor(clock.now() / 60_000) % 2 === 0 ? Promise.resolve(keys) : Promise.reject(new Error('away'));
        },
      },
    });
    const verifier = new InternalTokenVerifier({ trustDomain: 'test', issuer: 'api_gateway', keys: store });
    await store.start();
    const [forged, good] = [unknown(), tokens.token()];
    const codes = new Set<string>();
    for (; clock.now() < 3_600_000; await clock.pass(1000)) {
      verifying = true;
      codes.add((await refusalOf(() => verifier.verify(forged))).code);
      verifying = false;
      expect(verifier.verify(good)).toMatchObject({ userId: 'test-user' });
    }
    store.close();
    expect([...codes].toSorted()).toEqual(['txn_key_unknown', 'txn_keys_not_ready']);
    const mostIn = (caused: boolean, milliseconds: number): number => {
      const times = loads.filter((load) => load.caused === caused).map(({ at }) => at);
      return Math.max(...times.map((start) => times.filter((at) => at >= start && at < start + milliseconds).length));
    };
    expect(mostIn(true, 60_000)).toBe(6);
    // After failures: 0.25, 0.5, 1, 2 … 60 seconds apart.
    expect(mostIn(false, 60_000)).toBeLessThanOrEqual(9);
  });

  it('R107: verifies good tokens synchronously without a key load, however long the flood lasts', async () => {
    const store = new KeyStore({ source: jwksUriSource(source.jwksUri) });
    await store.start();
    const verifier = new InternalTokenVerifier({
      trustDomain: 'test',
      issuer: 'api_gateway',
      keys: store,
      tokenCache: false,
    });
    const flood = Array.from({ length: 1000 }, async () => verifier.verify(unknown()));
    for (let i = 0; i < 100; i += 1) expect(verifier.verify(tokens.token())).not.toBeInstanceOf(Promise);
    await Promise.allSettled(flood);
    expect(source.asked).toBeLessThanOrEqual(6);
    store.close();
  });
});
