import { InternalTokenVerifier, KeyStore } from '../../libs/internal-token/src/core/index.js';
import { ManualClock } from '../../libs/internal-token/test/support/manual-clock.js';
import { Forge, ISSUER, NOW, publicPart, testKey, TRUST_DOMAIN } from './support/forge.js';

describe('hostile key ids', () => {
  let forge: Forge;
  beforeEach(async () => {
    forge = await Forge.create();
  });

  it.each([
    '../../../../dev/null',
    '/proc/self/environ',
    "' OR '1'='1",
    '|id',
    '$(id)',
    '__proto__',
    'constructor',
    'toString',
    'https://attacker.example/key',
    'file:///dev/zero',
    '%00',
    '0',
  ])('R69: refuses kid %j as unknown', async (kid) => {
    const answer = await forge.refusal(forge.token({}, { kid }));
    expect(answer).toBe(kid.includes(' ') ? 'txn_malformed' : 'txn_key_unknown');
  });

  it.each([
    ['a line feed', 'a\nINFO forged line'],
    ['a NUL', 'a\u0000'],
    ['129 characters', 'k'.repeat(129)],
    ['4000 characters', 'k'.repeat(4000)],
    ['nothing', ''],
    ['non-ASCII letters', 'kl\u00fc'],
  ])('R69, R121: refuses a kid with %s before using it', async (_name, kid) => {
    expect(await forge.refusal(forge.token({}, { kid }))).toBe('txn_malformed');
  });

  it.each<unknown>([null, 7, true, {}, ['a'], { toString: 'a' }])(
    'R69: refuses a kid that is the JSON value %j',
    async (kid: unknown) => {
      expect(await forge.refusal(forge.token({}, { kid }))).toBe('txn_malformed');
    },
  );

  it('R69: refuses a token without kid, even if there is only one key', async () => {
    expect(await forge.refusal(forge.token({}, { kid: undefined }))).toBe('txn_key_unknown');
  });

  it('R69: refuses a kid that nearly matches', async () => {
    const { kid } = forge.key;
    for (const near of [kid.toUpperCase(), kid.slice(0, -1), `${kid}A`, kid.toLowerCase()]) {
      expect(await forge.refusal(forge.token({}, { kid: near }))).toBe('txn_key_unknown');
    }
  });

  it('R107: starts few loads for a thousand unknown kids, and verifies good tokens in between', async () => {
    let loads = 0;
    const keySet = { keys: [publicPart(testKey('ES256'))] };
    const source = { description: 'counted', load: async () => ((loads += 1), keySet) };
    const keys = new KeyStore({ source, clock: new ManualClock() });
    await keys.start();
    const verifier = new InternalTokenVerifier({
      trustDomain: TRUST_DOMAIN,
      issuer: ISSUER,
      keys,
      now: () => NOW * 1000,
    });
    const good = forge.token();
    for (let i = 0; i < 1000; i += 1) {
      const unknown = forge.token({}, { kid: `flood-${i}` });
      await expect((async () => verifier.verify(unknown))()).rejects.toMatchObject({ code: 'txn_key_unknown' });
      if (i % 100 === 0) expect(verifier.verify(good)).toMatchObject({ userId: 'user-7' });
    }
    expect(loads).toBeLessThanOrEqual(6);
  });
});
