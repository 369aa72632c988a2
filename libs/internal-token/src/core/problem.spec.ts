import { INTERNAL_TOKEN_ERRORS, InternalTokenError, type InternalTokenErrorCode } from './errors.js';
import { challengeFor, toProblem } from './problem.js';

const R85 = [
  'txn_missing',
  'txn_malformed',
  'txn_multiple',
  'txn_type',
  'txn_alg',
  'txn_key_unknown',
  'txn_signature',
  'txn_issuer',
  'txn_audience',
  'txn_expired',
  'txn_not_yet_valid',
  'txn_lifetime',
  'txn_claims_invalid',
  'txn_too_large',
  'txn_scope',
  'txn_permission',
  'txn_replayed',
] as const;

describe('errors', () => {
  it('R83, R84, R85, R88: every code of the profile has its HTTP status', () => {
    for (const code of R85) {
      expect([code, new InternalTokenError(code).status]).toEqual([code, /scope|permission/.test(code) ? 403 : 401]);
    }
    expect(new InternalTokenError('txn_keys_not_ready').status).toBe(503);
  });

  it('every error code says what happened and what to do', () => {
    for (const [code, { status, title, action }] of Object.entries(INTERNAL_TOKEN_ERRORS)) {
      expect(code).toMatch(/^[a-z]+(_[a-z]+)+$/);
      expect(status).toBeGreaterThanOrEqual(400);
      expect(title).not.toMatch(/\.$/);
      expect(action).toMatch(/\.$/);
    }
  });

  it('R85: the body is a problem with a stable code and the request id', () => {
    expect(toProblem(new InternalTokenError('txn_expired'), 'id-1')).toEqual({
      type: 'urn:nestjs-internal-token:txn_expired',
      title: 'The internal token has expired',
      status: 401,
      detail: INTERNAL_TOKEN_ERRORS.txn_expired.action,
      code: 'txn_expired',
      request_id: 'id-1',
    });
    expect(toProblem(new InternalTokenError('txn_missing'))).not.toHaveProperty('request_id');
  });

  it('R84: a 403 says insufficient_scope', () => {
    expect(toProblem(new InternalTokenError('txn_scope')).error).toBe('insufficient_scope');
    expect(toProblem(new InternalTokenError('txn_permission')).error).toBe('insufficient_scope');
    expect(toProblem(new InternalTokenError('txn_missing'))).not.toHaveProperty('error');
  });

  it('R85: details, causes and stacks of our own failures stay out of the body', () => {
    const error = new InternalTokenError('configuration_invalid', 'DATABASE_URL is postgres://secret', {
      cause: new Error('inner'),
    });
    const body = JSON.stringify(toProblem(error, 'id-1'));
    expect(error.message).toContain('postgres://secret');
    for (const hidden of ['secret', 'inner', 'spec.ts']) expect(body).not.toContain(hidden);
  });

  it('R83: the challenge names the trust domain, and an error only if a token was presented', () => {
    expect(challengeFor(new InternalTokenError('txn_missing'), 'shop.example')).toBe('Txn-Token realm="shop.example"');
    const presented = R85.filter((code) => code !== 'txn_missing' && INTERNAL_TOKEN_ERRORS[code].status === 401);
    for (const code of presented) {
      expect(challengeFor(new InternalTokenError(code), 'shop.example')).toBe(
        'Txn-Token realm="shop.example", error="invalid_token"',
      );
    }
    expect(challengeFor(new InternalTokenError('txn_missing'), 'a"b\\c')).toBe('Txn-Token realm="a\\"b\\\\c"');
  });

  it('R83: only a 401 has a challenge', () => {
    const others: InternalTokenErrorCode[] = ['txn_scope', 'txn_keys_not_ready', 'txn_no_context', 'route_not_found'];
    for (const code of others) expect(challengeFor(new InternalTokenError(code), 'shop.example')).toBeUndefined();
    const mint = new InternalTokenError('txn_too_large', undefined, { status: 500 });
    expect(challengeFor(mint, 'shop.example')).toBeUndefined();
  });
});
