import { generateKeyPairSync } from 'node:crypto';
import { inspect } from 'node:util';
import { decodeJwt, decodeProtectedHeader, type JWTPayload } from 'jose';
import { z } from 'zod';
import type { CustomClaims } from './internal-token-claims.js';
import { KeyStore, staticSource } from '../keys/index.js';
import { type MintInput, TokenMinter, type TokenMinterOptions } from './minter.js';
import { createSigner, type Signer } from './signer.js';
import { newTransactionId } from './transaction-id.js';
import { encodedToken, isVerified, keyIdOf } from './verified-claims.js';
import { InternalTokenVerifier } from './internal-token-verifier.js';

const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
let signer: Signer;
beforeAll(async () => {
  signer = await createSigner({ key });
});

const NOW = 1_790_000_000;
const minter = (options: Partial<TokenMinterOptions> = {}) =>
  new TokenMinter({
    trustDomain: 'shop.example',
    issuer: 'api_gateway',
    workload: 'gateway',
    signer,
    now: () => NOW * 1000 + 750,
    ...options,
  });
const input = (changes: Partial<MintInput> = {}): MintInput => ({
  tokenId: newTransactionId(),
  userId: 'user-7',
  tenantId: 'acme',
  permissions: ['orders:read', 'orders:write'],
  scope: 'orders.read orders.write',
  authenticated: true,
  ...changes,
});
const custom = (value: unknown) => ({ custom: value as CustomClaims });

async function mintText(options?: Partial<TokenMinterOptions>, changes?: Partial<MintInput>): Promise<string> {
  return encodedToken(minter(options).mint(input(changes)));
}

describe('TokenMinter: the header', () => {
  it('R1, R2, R3, R7: a token has three parts, and its header has alg, typ and kid only', async () => {
    const token = await mintText();
    expect(token).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    expect(decodeProtectedHeader(token)).toEqual({ alg: 'ES256', typ: 'txntoken+jwt', kid: signer.keyId });
  });
});

describe('TokenMinter: the claims', () => {
  it('R8, R9, R10, R11, R15, R16, R17, R18, R19, R22: a token has every claim of the profile in its form', async () => {
    const tokenId = newTransactionId();
    const requestContext = { req_ip: '192.0.2.7', authn: 'pwd' };
    expect(decodeJwt(await mintText({}, { tokenId, requestContext }))).toEqual<JWTPayload>({
      iss: 'api_gateway',
      iat: NOW,
      exp: NOW + 60,
      aud: 'shop.example',
      txn: tokenId,
      sub: 'user-7',
      scope: 'orders.read orders.write',
      req_wl: 'gateway',
      tctx: { tenant_id: 'acme', permissions: ['orders:read', 'orders:write'], authenticated: true },
      rctx: requestContext,
    });
  });

  it('R18: rctx contains only its two known members', async () => {
    const requestContext = { req_ip: '192.0.2.7', cookie: 'secret' };
    expect(decodeJwt(await mintText({}, { requestContext }))['rctx']).toEqual({ req_ip: '192.0.2.7' });
    expect(decodeJwt(await mintText())['rctx']).toEqual({});
  });

  it('R22: permissions have no duplicates', async () => {
    const claims = minter().mint(input({ permissions: ['a', 'b', 'a'] }));
    expect(claims.permissions).toEqual(['a', 'b']);
  });

  it('R47: the anonymous principal has no permissions and no tenant', () => {
    const anonymous = { tokenId: newTransactionId(), userId: 'anonymous', permissions: [], scope: 'anonymous' };
    expect(minter().mint({ ...anonymous, authenticated: false })).toMatchObject({
      userId: 'anonymous',
      authenticated: false,
      permissions: [],
    });
  });

  it('R112: a token lives for 60 s by default and for 300 s at most, in whole seconds', () => {
    expect(minter({ lifetimeSeconds: 300 }).mint(input()).expiresAt).toBe(NOW + 300);
    for (const lifetimeSeconds of [0, -1, 301, 1.5, NaN, Infinity]) {
      expect(() => minter({ lifetimeSeconds })).toThrow(/"lifetimeSeconds" .* from 1 to 300/);
    }
  });

  it('R113: a token expires no later than the access token', () => {
    expect(minter().mint(input({ notAfter: NOW + 20.9 })).expiresAt).toBe(NOW + 20);
    expect(minter().mint(input({ notAfter: NOW + 1000 })).expiresAt).toBe(NOW + 60);
    for (const notAfter of [NOW, NOW - 1, 0]) {
      expect(() => minter().mint(input({ notAfter }))).toThrow(expect.objectContaining({ code: 'txn_expired' }));
    }
  });

  it('R23: claims are deeply frozen', () => {
    const claims = minter().mint(input(custom({ plan: { limits: [1] } })));
    const attempts: (() => unknown)[] = [
      () => Object.assign(claims, { userId: 'admin' }),
      () => (claims.permissions as string[]).push('admin'),
      () => Object.assign(claims.custom, { plan: 'pro' }),
      () => (claims.custom as { plan: { limits: number[] } }).plan.limits.push(2),
    ];
    for (const attempt of attempts) expect(attempt).toThrow(TypeError);
  });

  it('R23: claims that a schema froze only at the top are deeply frozen', () => {
    const customClaims = z.object({ roles: z.array(z.string()) }).readonly();
    const claims = minter({ customClaims }).mint(input(custom({ roles: ['clerk'] })));
    expect(() => (claims.custom as { roles: string[] }).roles.push('admin')).toThrow(TypeError);
  });

  it('custom claims are what JSON makes of them, and are not shared with the caller', () => {
    const given = { at: new Date(0), gone: undefined, list: [1, undefined] };
    const claims = minter().mint(input(custom(given)));
    given.list.push(2);
    expect(claims.custom).toEqual({ at: '1970-01-01T00:00:00.000Z', list: [1, null] });
  });
});

describe('TokenMinter: what it refuses', () => {
  const wrong: [string, object][] = [
    ['a tokenId in another form', { tokenId: 'abc' }],
    ['a missing tokenId', { tokenId: undefined }],
    ['an empty userId', { userId: '' }],
    ['a missing userId', { userId: undefined }],
    ['a number as userId', { userId: 7 }],
    ['the reserved userId of an authenticated user', { userId: 'anonymous' }],
    ['an empty tenantId', { tenantId: '' }],
    ['missing permissions', { permissions: undefined }],
    ['a string as permissions', { permissions: 'admin' }],
    ['an empty permission', { permissions: [''] }],
    ['an empty scope', { scope: '' }],
    ['a missing scope', { scope: undefined }],
    ['a list as scope', { scope: ['orders.read'] }],
    ['a scope with two spaces', { scope: 'a  b' }],
    ['a scope with a quote', { scope: 'a"b' }],
    ['a missing authenticated', { authenticated: undefined }],
    ['a named user who is not authenticated', { authenticated: false }],
    ['an anonymous principal with permissions', { userId: 'anonymous', authenticated: false, tenantId: undefined }],
    ['a notAfter that is not a number', { notAfter: NaN }],
    ['a custom claim with a taken name', custom({ permissions: ['admin'] })],
    ['custom claims with __proto__', custom(JSON.parse('{"a":{"__proto__":1}}'))],
    ['custom claims that are a list', custom([1])],
    [
      'custom claims with a cycle',
      custom(
        (() => {
          const a: Record<string, unknown> = {};
          a['a'] = a;
          return a;
        })(),
      ),
    ],
    ['custom claims with a bigint', custom({ a: 1n })],
  ];

  it.each(wrong)('R24: refuses %s: no token is minted or counted', (_name, changes) => {
    const tokens = minter();
    expect(() => tokens.mint({ ...input(), ...changes } as MintInput)).toThrow(
      expect.objectContaining({ code: 'txn_mint_refused', status: 500 }),
    );
    expect(tokens.minted).toBe(0);
  });

  it('R127: a token of more than 4096 bytes is a failure of ours, and no permission is dropped', () => {
    const tokens = minter();
    const permissions = Array.from({ length: 400 }, (_, i) => `permission:${i}`);
    expect(() => tokens.mint(input({ permissions }))).toThrow(
      expect.objectContaining({ code: 'txn_too_large', status: 500 }),
    );
    expect(tokens.minted).toBe(0);
  });

  it('R127: the exact size is known before the signature is made', async () => {
    const overhead = (await mintText({}, custom({ x: '' }))).length;
    let longest = 0;
    for (let length = Math.floor(((4096 - overhead) * 3) / 4) - 4; ; length += 1) {
      try {
        longest = (await mintText({}, custom({ x: 'x'.repeat(length) }))).length;
      } catch {
        break;
      }
    }
    // base64url leaves out one length in four.
    expect(longest).toBeGreaterThanOrEqual(4095);
    expect(longest).toBeLessThanOrEqual(4096);
  });

  it.each([
    { trustDomain: '' },
    { trustDomain: undefined },
    { trustDomain: 'a b' },
    { issuer: '' },
    { workload: '' },
    { workload: 'gateway,other' },
  ])('R16, R153: refuses the settings %j at start', (options) => {
    expect(() => minter(options as Partial<TokenMinterOptions>)).toThrow(
      expect.objectContaining({
        code: 'configuration_invalid',
        message: expect.stringContaining(Object.keys(options)[0] ?? ''),
      }),
    );
  });

  it('R130: a token with 10 permissions is smaller than 1 KB', async () => {
    const permissions = Array.from({ length: 10 }, (_, i) => `inventory:action-${i}`);
    expect((await mintText({}, { permissions })).length).toBeLessThan(1024);
  });
});

describe('TokenMinter: mint and signature', () => {
  it('R8a: a mint is counted at once; the signature is made at the first use, once', () => {
    const tokens = minter();
    const claims = tokens.mint(input());
    expect([tokens.minted, tokens.signed]).toEqual([1, 0]);
    const first = encodedToken(claims);
    expect(encodedToken(claims)).toBe(first);
    expect([tokens.minted, tokens.signed]).toEqual([1, 1]);
  });

  it('R8a: concurrent first uses of an asynchronous signer share one signature', async () => {
    let calls = 0;
    const slow: Signer = {
      ...signer,
      asynchronous: true,
      sign: async (bytes) => {
        calls += 1;
        await Promise.resolve();
        return signer.sign(bytes);
      },
    };
    const tokens = minter({ signer: slow });
    const claims = tokens.mint(input());
    const [first, second] = await Promise.all([encodedToken(claims), encodedToken(claims)]);
    expect(first).toBe(second);
    expect(encodedToken(claims)).toBe(first);
    expect([calls, tokens.signed]).toEqual([1, 1]);
  });

  it('R8a: a signature that failed is tried again at the next use', async () => {
    let calls = 0;
    const unsure: Signer = {
      ...signer,
      sign: async (bytes) => {
        calls += 1;
        if (calls === 1) throw new Error('the key service is away');
        return signer.sign(bytes);
      },
    };
    const claims = minter({ signer: unsure }).mint(input());
    await expect(encodedToken(claims)).rejects.toThrow('away');
    await expect(encodedToken(claims)).resolves.toMatch(/^ey/);
  });

  it('R41: no two tokens are equal', async () => {
    const tokens = minter();
    const texts = new Set(Array.from({ length: 100 }, () => encodedToken(tokens.mint(input()))));
    expect(texts.size).toBe(100);
  });

  it('R100: claims are equal with and without a hop', async () => {
    const keys = new KeyStore({ source: staticSource({ keys: [signer.publicJwk] }) });
    await keys.start();
    const verifier = new InternalTokenVerifier({
      trustDomain: 'shop.example',
      issuer: 'api_gateway',
      keys,
      now: () => NOW * 1000,
    });
    const inputs = [
      input(),
      input(custom({ plan: 'pro', since: new Date(0), deep: { list: [{}] } })),
      { tokenId: newTransactionId(), userId: 'anonymous', permissions: [], scope: 'anonymous', authenticated: false },
    ];
    for (const one of inputs) {
      const minted = minter().mint(one);
      const received = await verifier.verify(await encodedToken(minted));
      expect(received).toStrictEqual(minted);
      expect(Object.keys(received)).toEqual(Object.keys(minted));
    }
  });
});

describe('verified claims', () => {
  it('R82a: only the objects that the minter returned are verified, not their copies', () => {
    const claims = minter().mint(input());
    expect(isVerified(claims)).toBe(true);
    for (const other of [
      { ...claims },
      structuredClone(claims),
      Object.create(claims),
      JSON.parse(JSON.stringify(claims)),
      null,
      undefined,
      'claims',
    ]) {
      expect(isVerified(other)).toBe(false);
    }
    expect(() => encodedToken({ ...claims })).toThrow(expect.objectContaining({ code: 'txn_no_context' }));
    expect(() => keyIdOf({ ...claims })).toThrow(expect.objectContaining({ code: 'txn_no_context' }));
    expect(keyIdOf(claims)).toBe(signer.keyId);
  });

  it('R115: printing claims or the minter prints no token', async () => {
    const tokens = minter();
    const claims = tokens.mint(input());
    const token = await encodedToken(claims);
    const printed =
      inspect([claims, tokens], { depth: 20, showHidden: true, getters: true }) + JSON.stringify([claims, tokens]);
    for (const part of token.split('.')) expect(printed).not.toContain(part);
  });
});
