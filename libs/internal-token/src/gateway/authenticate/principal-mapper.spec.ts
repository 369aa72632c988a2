import type { AccessTokenIssuerOptions } from './access-token-issuer.options.js';
import { OptionPath } from '../../core/index.js';
import { resolveIssuers } from './resolve-issuers.js';
import { PrincipalMapper } from './principal-mapper.js';

const NOW = 1_800_000_000;
const CLAIMS = {
  iss: 'https://idp.test',
  aud: 'https://api.test',
  sub: 'alice',
  scope: 'orders.read orders.write',
  exp: NOW + 300,
};

describe('PrincipalMapper', () => {
  const map = (claims: Record<string, unknown>, options: Partial<AccessTokenIssuerOptions> = {}) => {
    const issuer = { issuer: CLAIMS.iss, audience: CLAIMS.aud, jwksFile: 'keys.json', ...options };
    const [settings] = resolveIssuers([issuer], false, new OptionPath('test', 'issuers'));
    if (settings === undefined) throw new Error('unreachable');
    return new PrincipalMapper(settings, [], 10).map({ ...CLAIMS, ...claims }, NOW, 'jwt');
  };

  it('a principal has what the token says and nothing else', () => {
    expect(map({})).toEqual({
      userId: 'alice',
      permissions: [],
      scopes: ['orders.read', 'orders.write'],
      expiresAt: NOW + 300,
      issuer: 'https://idp.test',
    });
  });

  it('a principal is deeply frozen', () => {
    const principal = map({ permissions: ['a'], amr: ['pwd'] });
    for (const part of [principal, principal.permissions, principal.scopes, principal.authn]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
  });

  it('reads the configured claims', () => {
    const claims = { subject: 'uid', tenant: 'https://idp.test/tenant', permissions: 'roles', scope: 'scp' };
    const token = {
      sub: 'not-me',
      uid: 'alice',
      'https://idp.test/tenant': 'acme',
      roles: ['a'],
      scp: ['orders.read'],
    };
    expect(map(token, { claims })).toMatchObject({
      userId: 'alice',
      tenantId: 'acme',
      permissions: ['a'],
      scopes: ['orders.read'],
    });
  });

  it('R22: reads permissions from an array or a space-separated string, without duplicates', () => {
    expect(map({ permissions: ['b', 'a', 'b'] }).permissions).toEqual(['b', 'a']);
    expect(map({ permissions: 'b a b' }).permissions).toEqual(['b', 'a']);
  });

  it('R42: a scope map drops every scope that it does not name', () => {
    const scopeMap = {
      'orders.read': 'orders.read',
      manage: ['orders.read', 'orders.write'],
      constructor: 'catalog.read',
    };
    expect(map({ scope: 'orders.read orders.write' }, { scopeMap }).scopes).toEqual(['orders.read']);
    expect(map({ scope: 'manage' }, { scopeMap }).scopes).toEqual(['orders.read', 'orders.write']);
    expect(map({ scope: 'toString __proto__ other' }, { scopeMap }).scopes).toEqual([]);
    expect(map({ scope: 'constructor' }, { scopeMap }).scopes).toEqual(['catalog.read']);
  });

  it('R43: refuses a token without a scope claim; an empty claim grants no scope', () => {
    expect(() => map({ scope: undefined, scp: 'orders.read' })).toThrow(
      expect.objectContaining({ code: 'insufficient_scope', status: 403 }),
    );
    expect(map({ scope: '' }).scopes).toEqual([]);
  });

  it('R18: keeps how the user authenticated, and omits it if it is malformed', () => {
    expect(map({ amr: ['pwd', 'otp'] }).authn).toEqual(['pwd', 'otp']);
    for (const amr of ['pwd', [], [1], [''], { 0: 'pwd' }]) expect(map({ amr })).not.toHaveProperty('authn');
  });

  it('R50: keeps the client as the issuer names it, and no act claim', () => {
    expect(map({ client_id: 'web', azp: 'other' }).clientId).toBe('web');
    expect(map({ azp: 'web' }).clientId).toBe('web');
    const delegated = map({ client_id: 7, act: { sub: 'admin' }, permissions: [] });
    expect(delegated).not.toHaveProperty('clientId');
    expect(JSON.stringify(delegated)).not.toContain('admin');
  });
});
