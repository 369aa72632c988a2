import type { AccessTokenIssuerOptions } from './access-token-issuer.options.js';
import { AccessTokenAuthenticator } from './access-token-authenticator.js';
import { resolveIssuers } from './resolve-issuers.js';

const ISSUER = { issuer: 'https://idp.test', audience: 'https://api.test', discovery: true } as const;
const INTROSPECTION = { endpoint: 'https://idp.test/introspect', clientId: 'gateway', clientSecretFile: '/run/secret' };

describe('The configured issuers', () => {
  const resolve = (...issuers: unknown[]) => resolveIssuers(issuers as AccessTokenIssuerOptions[], false);

  it('are completed with defaults and frozen', () => {
    const [settings] = resolve(ISSUER);
    expect(settings).toMatchObject({
      issuer: 'https://idp.test',
      audience: 'https://api.test',
      keys: { discovery: true },
      introspection: undefined,
      claims: { subject: 'sub', tenant: 'tenant_id', permissions: 'permissions', scope: 'scope' },
      scopeMap: undefined,
    });
    expect([...(settings?.algorithms ?? [])]).toEqual(['ES256', 'RS256', 'PS256', 'EdDSA']);
    expect([...(settings?.types ?? [])]).toEqual(['at+jwt']);
    expect(Object.isFrozen(settings)).toBe(true);
  });

  it.each<[string, unknown, RegExp]>([
    ['no object', 'https://idp.test', /issuers\[0\]: got "https:\/\/idp\.test"; give an object/],
    [
      'a misspelt option',
      { ...ISSUER, jwks_uri: 'x' },
      /issuers\[0\]\.jwks_uri: got an unknown option; use one of issuer/,
    ],
    ['no issuer', { ...ISSUER, issuer: undefined }, /issuers\[0\]\.issuer: got nothing; give the issuer exactly/],
    ['no audience', { ...ISSUER, audience: '' }, /issuers\[0\]\.audience: got ""; give the gateway's identifier/],
    ['an audience with a space around it', { ...ISSUER, audience: 'x ' }, /issuers\[0\]\.audience/],
    ['no key source', { issuer: 'x', audience: 'y' }, /no key source; set one of discovery, jwksUri, jwksFile/],
    ['two key sources', { ...ISSUER, jwksFile: 'keys.json' }, /discovery and jwksFile; keep one of them/],
    ['discovery: false', { ...ISSUER, discovery: false }, /discovery: got false; set it to true or leave it out/],
    ['discovery at no URL', { ...ISSUER, issuer: 'idp' }, /issuers\[0\]\.issuer: got a value that is not an absolute/],
    ['a jwksUri of plain http', { issuer: 'x', audience: 'y', jwksUri: 'http://idp.test' }, /jwksUri: .*is plain http/],
    ['a jwksUri on loopback', { issuer: 'x', audience: 'y', jwksUri: 'http://127.0.0.1/' }, /during development only/],
    ['another protocol', { issuer: 'x', audience: 'y', jwksUri: 'file:///keys.json' }, /is not an https address/],
    ['R27: alg none', { ...ISSUER, algorithms: ['none'] }, /algorithms: got "none"; choose from ES256/],
    [
      'R27: a shared secret',
      { ...ISSUER, algorithms: ['ES256', 'HS256'] },
      /algorithms: got "HS256".*no shared secret/,
    ],
    ['an empty list of algorithms', { ...ISSUER, algorithms: [] }, /algorithms: got \[\]; give an array/],
    ['types that are no array', { ...ISSUER, types: 'JWT' }, /types: got "JWT"; give an array/],
    ['an unknown claim name', { ...ISSUER, claims: { user: 'sub' } }, /claims\.user: got an unknown option/],
    ['an empty claim name', { ...ISSUER, claims: { subject: '' } }, /claims\.subject: got ""/],
    ['a scope map that is a list', { ...ISSUER, scopeMap: ['x'] }, /scopeMap: got \["x"\]; give an object/],
    ['a mapped scope with a space', { ...ISSUER, scopeMap: { a: 'b c' } }, /scopeMap\.a: got "b c"; use one scope/],
    ['the reserved scope', { ...ISSUER, scopeMap: { a: ['anonymous'] } }, /scopeMap\.a: got "anonymous"/],
    [
      'R12: a namespace with a colon',
      { ...ISSUER, subjectNamespace: 'a:b' },
      /subjectNamespace: got "a:b"; use letters/,
    ],
    ['R12: the namespace of workloads', { ...ISSUER, subjectNamespace: 'workload' }, /subjectNamespace/],
    [
      'an endpoint of plain http',
      { ...ISSUER, introspection: { ...INTROSPECTION, endpoint: 'http://x.test' } },
      /endpoint/,
    ],
    [
      'a secret in the configuration',
      { ...ISSUER, introspection: { ...INTROSPECTION, clientSecret: 'hush' } },
      /clientSecret: got an unknown option/,
    ],
    [
      'a prefix like a JWT',
      { ...ISSUER, introspection: { ...INTROSPECTION, tokenPrefix: 'eyJ' } },
      /tokenPrefix.*choose/,
    ],
  ])('refuses to start with %s', (_name, options, message) => {
    expect(() => resolve(options)).toThrow(expect.objectContaining({ code: 'configuration_invalid' }));
    expect(() => resolve(options)).toThrow(message);
  });

  it('shows no secret in an error message', () => {
    const withSecret = {
      ...ISSUER,
      introspection: { ...INTROSPECTION, clientSecret: 'hush', endpoint: 'https://u:hush@x' },
    };
    expect(() => resolve(withSecret)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('hush') }),
    );
  });

  it('accepts issuers on loopback in development', () => {
    for (const host of ['localhost', '127.0.0.1', '127.8.8.8', '[::1]']) {
      expect(() => resolveIssuers([{ ...ISSUER, issuer: `http://${host}:3900` }], true)).not.toThrow();
    }
    for (const host of ['localhost.evil.test', '127.0.0.1.evil.test', '0.0.0.0', '10.0.0.1', '[::2]']) {
      expect(() => resolveIssuers([{ ...ISSUER, issuer: `http://${host}` }], true)).toThrow(/plain http/);
    }
  });

  it('R12: requires a separate namespace for a second issuer', () => {
    const second = { ...ISSUER, issuer: 'https://other.test' };
    expect(() => resolve(ISSUER, second)).toThrow(/issuers\[1\]\.subjectNamespace: got nothing; give each further/);
    expect(() => resolve(ISSUER, { ...second, subjectNamespace: 'x' })).not.toThrow();
    expect(() => resolve({ ...ISSUER, subjectNamespace: 'x' }, { ...second, subjectNamespace: 'x:{tenant}' })).toThrow(
      /issuers\[1\]\.subjectNamespace: got "x"/,
    );
  });

  it('refuses an issuer that is configured twice', () => {
    expect(() => resolve(ISSUER, { ...ISSUER, subjectNamespace: 'x' })).toThrow(/issuers\[1\]\.issuer: .*once/);
    expect(() => resolve()).toThrow(/issuers: got \[\]; name at least one issuer/);
  });

  it('R37: requires two introspected issuers to have prefixes of which none begins the other', () => {
    const opaque = (issuer: string, tokenPrefix?: string) => ({
      issuer,
      audience: 'y',
      subjectNamespace: issuer,
      introspection: { ...INTROSPECTION, ...(tokenPrefix !== undefined && { tokenPrefix }) },
    });
    expect(() => resolve(opaque('a'))).not.toThrow();
    expect(() => resolve(opaque('a', 'a_'), opaque('b', 'b_'))).not.toThrow();
    for (const [one, two] of [
      [undefined, 'b_'],
      ['a_', undefined],
      ['a_', 'a_'],
      ['a_', 'a_b'],
      ['a_b', 'a_'],
    ]) {
      expect(() => resolve(opaque('a', one), opaque('b', two))).toThrow(/tokenPrefix: .*give a distinct prefix/);
    }
  });

  it.each([
    [{ minimumRemainingSeconds: -1 }, /minimumRemainingSeconds: got -1; give a whole number from 0 to 300/],
    [{ minimumRemainingSeconds: Number.NaN }, /minimumRemainingSeconds/],
    [{ cache: { maxEntries: 0 } }, /cache\.maxEntries: got 0/],
    [{ cache: { introspectionSeconds: 1.5 } }, /cache\.introspectionSeconds: got 1\.5/],
  ])('checks the limits: %j', (limits, message) => {
    const options = { issuers: [ISSUER], allowInsecureLoopback: false, ...limits };
    expect(() => new AccessTokenAuthenticator(options)).toThrow(message);
  });

  it('R37: refuses to start with a client secret that cannot be read', async () => {
    const introspection = { ...INTROSPECTION, clientSecretFile: '/does/not/exist' };
    const options = { issuer: 'x', audience: 'y', introspection };
    const authenticator = new AccessTokenAuthenticator({ issuers: [options], allowInsecureLoopback: false });
    await expect(authenticator.start()).rejects.toThrow(/issuers\[0\]\.introspection\.clientSecretFile: got "\/does/);
    expect(authenticator.ready).toBe(false);
    authenticator.close();
  });
});
