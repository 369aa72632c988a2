import { jest } from '@jest/globals';
import { type Signer, TokenMinter, newTransactionId, type VerifiedClaims } from '../../core/index.js';
import { TestTokenIssuer } from '../../testing/index.js';
import { resolvePeers } from './internal-token-http.options.js';
import { OutgoingPolicy } from './outgoing-policy.js';

const policy = new OutgoingPolicy(resolvePeers({ internalOrigins: { orders: 'http://orders:3003' } }));
const issuer = new TestTokenIssuer();
const as = (claims?: VerifiedClaims) => ({ txn: claims?.tokenId ?? newTransactionId(), ...(claims && { claims }) });
const to = (origin: string | undefined, path = '/', method = 'GET') => ({ origin, path, method });

describe('OutgoingPolicy', () => {
  it('R91: attaches the token of the context to a call to an internal origin', () => {
    const claims = issuer.claims();
    const decision = policy.decide(to('http://orders:3003'), as(claims));
    expect(decision).toMatchObject({ action: 'attach', peer: { name: 'orders' }, claims });
    expect(decision).toMatchObject({ token: expect.stringMatching(/^eyJ/) as unknown });
  });

  it.each([
    'http://orders',
    'http://orders:3004',
    'https://orders:3003',
    'http://ORDERS:3003',
    'http://orders.:3003',
    'http://orders.example:3003',
    'http://evil.orders:3003',
    'http://orders:3003@evil',
    'http://orders:3003.evil',
    'http://orders:03003',
    'http://xn--orders-:3003',
    'http://orders:3003/',
    'null',
    '',
    undefined,
  ])('R91: attaches no token to a call to %j when the internal origin is http://orders:3003', (origin) => {
    expect(policy.decide(to(origin), as(issuer.claims()))).toEqual({ action: 'leave' });
  });

  it.each([
    [to('http://proxy:8080', 'http://orders:3003/x')],
    [to('http://proxy:8080', 'HTTP://ORDERS:3003/x')],
    [to('http://orders:3003', 'http://orders:3003/x')],
    [to('http://proxy:8080', 'orders:3003', 'CONNECT')],
  ])('R91: refuses a call to an internal origin through a proxy: %j', (target) => {
    expect(policy.concerns(target)).toBe(true);
    expect(policy.decide(target, as(issuer.claims()))).toMatchObject({
      action: 'refuse',
      error: { code: 'internal_call_unsafe' },
    });
  });

  it('leaves calls through a proxy to other origins alone', () => {
    expect(policy.decide(to('http://proxy:8080', 'http://partner/x'), undefined)).toEqual({ action: 'leave' });
    expect(policy.concerns(to('http://proxy:8080', 'partner:443', 'CONNECT'))).toBe(false);
    expect(policy.decide(to('http://somebody', '*', 'OPTIONS'), undefined)).toEqual({ action: 'leave' });
  });

  it('R82a, R97: refuses a call without verified claims', () => {
    const refused = { action: 'refuse', error: { code: 'txn_no_context' } };
    expect(policy.decide(to('http://orders:3003'), undefined)).toMatchObject(refused);
    expect(policy.decide(to('http://orders:3003'), as())).toMatchObject(refused);
    expect(policy.decide(to('http://orders:3003'), as({ ...issuer.claims() }))).toMatchObject(refused);
  });

  it('R98: refuses a call from the second in which the token expires, without leeway', () => {
    const claims = issuer.claims();
    const clock = jest.spyOn(Date, 'now').mockReturnValue(claims.expiresAt * 1000 - 1);
    expect(policy.decide(to('http://orders:3003'), as(claims)).action).toBe('attach');
    clock.mockReturnValue(claims.expiresAt * 1000);
    expect(policy.decide(to('http://orders:3003'), as(claims))).toMatchObject({ error: { code: 'txn_expired' } });
    clock.mockRestore();
  });

  it('R8a: refuses a call while an asynchronous signer is still signing, and attaches the token to the next one', async () => {
    let finish: (signature: Uint8Array) => void = () => undefined;
    const signer: Signer = {
      algorithm: 'ES256',
      keyId: 'kms',
      asynchronous: true,
      publicJwk: { kty: 'EC', kid: 'kms', alg: 'ES256', use: 'sig' } as Signer['publicJwk'],
      sign: () => new Promise<Uint8Array>((resolve) => (finish = resolve)),
    };
    const minter = new TokenMinter({ trustDomain: 'test', issuer: 'api_gateway', workload: 'gateway', signer });
    const claims = minter.mint({
      tokenId: newTransactionId(),
      userId: 'ada',
      permissions: [],
      scope: 'a',
      authenticated: true,
    });
    expect(policy.decide(to('http://orders:3003'), as(claims))).toMatchObject({ error: { code: 'txn_unsigned' } });
    finish(new Uint8Array(64));
    await Promise.resolve();
    expect(policy.decide(to('http://orders:3003'), as(claims))).toMatchObject({ action: 'attach' });
    expect(minter.signed).toBe(1);
  });
});
