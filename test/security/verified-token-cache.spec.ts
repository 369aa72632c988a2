import { encodedToken } from '../../libs/internal-token/src/core/index.js';
import { Forge, NOW } from './support/forge.js';

/** What must not be possible with a cache in front of the signature check. */
describe('The cache of verified tokens under attack', () => {
  let forge: Forge;
  let nowMs: number;
  beforeEach(async () => {
    nowMs = NOW * 1000;
    forge = await Forge.create('ES256', { tokenCache: { maxEntries: 100 }, now: () => nowMs });
  });
  const withSignatureOf = (token: string, body: string) =>
    `${body.slice(0, body.lastIndexOf('.'))}.${token.slice(token.lastIndexOf('.') + 1)}`;

  it('R61: a remembered signature under other claims is checked, and refused', async () => {
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

  it('R61: any one character changed in a remembered token is refused', async () => {
    const token = forge.token();
    await forge.accept(token);
    for (let at = 0; at < token.length; at += 7) {
      if (token[at] === '.') continue;
      const changed = `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`;
      expect(await forge.refusal(changed)).toMatch(/^txn_/);
    }
  });

  it.each([
    ['a space behind', (token: string) => `${token} `],
    ['padding', (token: string) => `${token}=`],
    ['a part more', (token: string) => `${token}.`],
    ['a scheme', (token: string) => `Bearer ${token}`],
    ['itself twice', (token: string) => `${token},${token}`],
    ['only the signature', (token: string) => token.slice(token.lastIndexOf('.') + 1)],
    ['a dot and the signature', (token: string) => token.slice(token.lastIndexOf('.'))],
    ['two dots and the signature', (token: string) => `.${token.slice(token.lastIndexOf('.'))}`],
    ['nothing', () => ''],
  ])('R72: a remembered token with %s is not the same token', async (_name, change) => {
    const token = forge.token();
    await forge.accept(token);
    expect(await forge.refusal(change(token))).toBe('txn_malformed');
  });

  it('R63: a remembered token dies with its exp', async () => {
    const token = forge.token({ exp: NOW + 50 });
    await forge.accept(token);
    nowMs += 54_999;
    await forge.accept(token);
    nowMs += 1;
    expect(await forge.refusal(token)).toBe('txn_expired');
    // A clock that is set back must not wake it by accident: it is verified anew, and good.
    nowMs -= 10_000;
    expect(await forge.accept(token)).toMatchObject({ userId: 'user-7' });
  });

  it('R94: a thousand requests of 150 users, some remembered and some pushed out: each token gives its own user', async () => {
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

  it('R23: what one request gets cannot be changed for the next', async () => {
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

  it('refused tokens are not remembered and push no good one out', async () => {
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
