import type { AccessTokenAuthenticator } from '../../libs/internal-token/src/gateway/authenticate/index.js';
import { AccessTokenIssuer, encodePart, signed } from '../support/access-token-issuer.js';
import { authenticatorFor, bearer, codeOf } from '../support/authenticator.js';

describe('access tokens: malformed on purpose', () => {
  let issuer: AccessTokenIssuer;
  let authenticator: AccessTokenAuthenticator;

  beforeAll(async () => {
    issuer = await AccessTokenIssuer.start();
    authenticator = await authenticatorFor(issuer);
  });

  afterAll(async () => {
    authenticator.close();
    await issuer.close();
  });

  it('refuses one flipped bit in header, payload or signature', async () => {
    const parts = issuer.token().split('.');
    for (const index of [0, 1, 2]) {
      const bytes = Buffer.from(parts[index] ?? '', 'base64url');
      bytes[bytes.length - 2] = (bytes.at(-2) ?? 0) ^ 1;
      const changed = parts.with(index, bytes.toString('base64url')).join('.');
      expect(await codeOf(authenticator, changed)).toBe('access_token_invalid');
    }
  });

  it('refuses every other encoding of the same token', async () => {
    const token = issuer.token();
    const last = token.at(-1) ?? '';
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const sameBits = alphabet[alphabet.indexOf(last) ^ 1] ?? '';
    for (const text of [`${token}=`, `${token.slice(0, -1)}${sameBits}`, `${token}.`, `.${token}`, `${token}.e30`]) {
      expect(await codeOf(authenticator, text)).toBe('access_token_invalid');
    }
  });

  it.each<[string, (issuer: AccessTokenIssuer) => string]>([
    ['duplicate claim names', (i) => JSON.stringify(i.claims()).replace('{', '{"sub":"root",')],
    ['a byte order mark', (i) => `\uFEFF${JSON.stringify(i.claims())}`],
    ['an array', () => '[]'],
    ['a string', () => '"alice"'],
    ['null', () => 'null'],
    ['not JSON', () => 'alice'],
    ['depth', () => '['.repeat(4000)],
    ['__proto__', (i) => JSON.stringify(i.claims()).replace('{', '{"__proto__":{"sub":"root"},')],
  ])('refuses a validly signed payload that is or has %s', async (_name, payload) => {
    const header = encodePart({ alg: 'ES256', typ: 'at+jwt', kid: issuer.key.kid });
    expect(await codeOf(authenticator, signed(`${header}.${encodePart(payload(issuer))}`, issuer.key))).toBe(
      'access_token_invalid',
    );
  });

  it.each([
    ['five parts', 'eyJhbGciOiJkaXIifQ..aaaa.bbbb.cccc'],
    ['two parts', 'eyJhbGciOiJFUzI1NiJ9.e30'],
    ['thousands of dots', `eyJ9${'.'.repeat(8000)}`],
    ['a header that is not an object', `${'eyJ'}hIjo.e30.AA`],
    ['an opaque token where introspection is not configured', 'SlAV32hkKG'],
    ['a token longer than any header may be', `e30.${'a'.repeat(20_000)}.AA`],
  ])('refuses %s', async (_name, token) => {
    expect(await codeOf(authenticator, token)).toBe('access_token_invalid');
  });

  it.each([
    { sub: undefined },
    { sub: '' },
    { sub: null },
    { sub: 1 },
    { sub: ['alice'] },
    { sub: 'a'.repeat(256) },
    { sub: 'alice\nadmin' },
    { sub: '\ud800' },
    { tenant_id: '' },
    { tenant_id: 1 },
    { tenant_id: ['acme'] },
    { tenant_id: 'acme\u0000' },
    { permissions: 1 },
    { permissions: { 'orders:read': true } },
    { permissions: ['orders:read', 1] },
    { permissions: [''] },
    { permissions: [['orders:read']] },
    { scope: 1 },
    { scope: { 'orders.read': true } },
    { scope: ['orders.read', null] },
    { scope: 'orders.read "x' },
  ])('refuses a claim of the wrong type: %j', async (claims) => {
    expect(await codeOf(authenticator, issuer.token(claims))).toBe('access_token_invalid');
  });

  it('ignores claims named like Object.prototype members', async () => {
    const odd = await authenticatorFor(issuer, { claims: { tenant: 'constructor', permissions: 'toString' } });
    const principal = await odd.authenticate(bearer(issuer.token()));
    expect(principal).toMatchObject({ permissions: [] });
    expect(principal).not.toHaveProperty('tenantId');
    odd.close();
  });
});
