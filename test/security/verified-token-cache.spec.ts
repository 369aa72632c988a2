import { encodedToken } from '../../libs/internal-token/src/core/index.js';
import { Forge, NOW } from './support/forge.js';

/** What must stay impossible with a cache in front of the signature check. */
describe('attacks on the cache of verified tokens', () => {
  let forge: Forge;
  let nowMs: number;
  beforeEach(async () => {
    nowMs = NOW * 1000;
    forge = await Forge.create('ES256', { tokenCache: { maxEntries: 100 }, now: () => nowMs });
  });
  const withSignatureOf = (token: string, body: string) =>
    `${body.slice(0, body.lastIndexOf('.'))}.${token.slice(token.lastIndexOf('.') + 1)}`;

  it('R61: checks and refuses a cached signature under other claims', async () => {
    const victim = forge.token({ sub: 'alice' });
    await forge.accept(victim);
    const stranger = forge.token({ sub: 'mallory' });
    const admin = forge.token({ tctx: { permissions: ['admin:all'], authenticated: true } });
    for (const body of [stranger, admin]) {
      const mixed = withSignatureOf(victim, body);
      expect(await forge.refusal(mixed)).toBe('txn_signature');
      expect(await forge.refusal(mixed)).toBe('txn_signature');
    }
    expect(await forge.accept(victim)).toMatchObject({ userId: 'alice' });
  });

  it('R61: refuses a cached token with any one character changed', async () => {
    const token = forge.token();
    await forge.accept(token);
    for (let at = 0; at < token.length; at += 7) {
      if (token[at] === '.') continue;
      const changed = `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`;
      expect(await forge.refusal(changed)).toMatch(/^txn_/);
    }
  });

  it.each([
    ['the token and a trailing space', (token: string) => `${token} `],
    ['padding', (token: string) => `${token}=`],
    ['the token and an extra part', (token: string) => `${token}.`],
    ['the token behind a scheme', (token: string) => `Bearer ${token}`],
    ['the token twice', (token: string) => `${token},${token}`],
    ['its signature alone', (token: string) => token.slice(token.lastIndexOf('.') + 1)],
    ['a dot and its signature', (token: string) => token.slice(token.lastIndexOf('.'))],
    ['two dots and its signature', (token: string) => `.${token.slice(token.lastIndexOf('.'))}`],
    ['nothing', () => ''],
  ])('R72: refuses %s in place of a cached token', async (_name, change) => {
    const token = forge.token();
    await forge.accept(token);
    expect(await forge.refusal(change(token))).toBe('txn_malformed');
  });

  it('R63: refuses a cached token after its exp', async () => {
    const token = forge.token({ exp: NOW + 50 });
    await forge.accept(token);
    nowMs += 54_999;
    await forge.accept(token);
    nowMs += 1;
    expect(await forge.refusal(token)).toBe('txn_expired');
    // Setting the clock back must not revive it by accident: it is verified again, and valid.
    nowMs -= 10_000;
    expect(await forge.accept(token)).toMatchObject({ userId: 'user-7' });
  });

  it('R94: gives each token its own user over a thousand requests of 150 users, some cached and some evicted', async () => {
    const tokens = Array.from({ length: 150 }, (_, i) => ({
      user: `user-${i}`,
      token: forge.token({ sub: `user-${i}` }),
    }));
    for (let i = 0; i < 1000; i += 1) {
      const { user, token } = tokens[(i * i) % tokens.length] ?? { user: '', token: '' };
      const claims = await forge.accept(token);
      expect(claims.userId).toBe(user);
      expect(await encodedToken(claims)).toBe(token);
    }
    expect(forge.verifier.remembered).toBeGreaterThan(0);
  });

  it('R23: gives each request a result that cannot be changed for the next', async () => {
    const token = forge.token({ tctx: { permissions: ['a'], authenticated: true, plan: { limits: [1] } } });
    const claims = await forge.accept(token);
    const { limits } = (claims.custom as unknown as { plan: { limits: number[] } }).plan;
    for (const [target, name] of [
      [claims, 'userId'],
      [claims.permissions, 'length'],
      [limits, '0'],
    ] as [object, string][]) {
      expect(Reflect.set(target, name, 'admin')).toBe(false);
    }
    expect(await forge.accept(token)).toMatchObject({ userId: 'user-7', permissions: ['a'] });
  });

  it('neither caches refused tokens nor evicts valid ones for them', async () => {
    const good = forge.token();
    await forge.accept(good);
    for (let i = 0; i < 500; i += 1) {
      await forge.refusal(withSignatureOf(forge.token(), forge.token({ sub: `flood-${i}` })));
    }
    const before = forge.verifier.remembered;
    await forge.accept(good);
    expect(forge.verifier.remembered).toBe(before + 1);
  });
});
