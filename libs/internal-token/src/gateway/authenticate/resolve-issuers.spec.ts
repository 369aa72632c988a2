import { OptionPath } from '../../core/index.js';
import type { AccessTokenIssuerOptions } from './access-token-issuer.options.js';
import { AccessTokenAuthenticator } from './access-token-authenticator.js';
import { resolveIssuers } from './resolve-issuers.js';

const ISSUER = { issuer: 'https://idp.test', audience: 'https://api.test', discovery: true } as const;
const INTROSPECTION = { endpoint: 'https://idp.test/introspect', clientId: 'gateway', clientSecretFile: '/run/secret' };

const AT = new OptionPath('test', 'issuers');

describe('The configured issuers', () => {
  const resolve = (...issuers: unknown[]) => resolveIssuers(issuers as AccessTokenIssuerOptions[], false, AT);

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
    [
      'no object',
      'https://idp.test',
      /"issuers\[0\]" must be an object \(options: "issuer", .*\), not "https:\/\/idp\.test"/,
    ],
    [
      'a misspelt option',
      { ...ISSUER, jwks_uri: 'x' },
      /there is no option "issuers\[0\]\.jwks_uri"; did you mean "issuers\[0\]\.jwksUri"\?/,
    ],
    ['no issuer', { ...ISSUER, issuer: undefined }, /"issuers\[0\]\.issuer" is missing; it must be the issuer exactly/],
    ['no audience', { ...ISSUER, audience: '' }, /"issuers\[0\]\.audience" must be the identifier of the gateway/],
    ['an audience with a space around it', { ...ISSUER, audience: 'x ' }, /issuers\[0\]\.audience/],
    [
      'no key source',
      { issuer: 'x', audience: 'y' },
      /no source of keys; set one of "discovery", "jwksUri" or "jwksFile"/,
    ],
    ['two key sources', { ...ISSUER, jwksFile: 'keys.json' }, /has "discovery" and "jwksFile"; keep one of them/],
    ['discovery: false', { ...ISSUER, discovery: false }, /discovery" must be true, or left out, not false/],
    ['discovery at no URL', { ...ISSUER, issuer: 'idp' }, /issuers\[0\]\.issuer" must be an https address; .*absolute/],
    ['a jwksUri of plain http', { issuer: 'x', audience: 'y', jwksUri: 'http://idp.test' }, /jwksUri" .*is plain http/],
    ['a jwksUri on loopback', { issuer: 'x', audience: 'y', jwksUri: 'http://127.0.0.1/' }, /during development only/],
    ['another protocol', { issuer: 'x', audience: 'y', jwksUri: 'file:///keys.json' }, /is not an https address/],
    ['R27: alg none', { ...ISSUER, algorithms: ['none'] }, /algorithms\[0\]" must be "ES256", .*, not "none"/],
    ['R27: a shared secret', { ...ISSUER, algorithms: ['ES256', 'HS256'] }, /algorithms\[1\]" must be .*, not "HS256"/],
    ['an empty list of algorithms', { ...ISSUER, algorithms: [] }, /algorithms" must be a non-empty list/],
    ['types that are no array', { ...ISSUER, types: 'JWT' }, /types" must be a non-empty list of types, not "JWT"/],
    [
      'an unknown claim name',
      { ...ISSUER, claims: { user: 'sub' } },
      /there is no option "issuers\[0\]\.claims\.user"/,
    ],
    ['an empty claim name', { ...ISSUER, claims: { subject: '' } }, /claims\.subject" must be .*, not an empty text/],
    ['a scope map that is a list', { ...ISSUER, scopeMap: ['x'] }, /scopeMap" must be an object of .*, not a list/],
    [
      'a mapped scope with a space',
      { ...ISSUER, scopeMap: { a: 'b c' } },
      /scopeMap\.a" must be one scope .*, not "b c"/,
    ],
    [
      'the reserved scope',
      { ...ISSUER, scopeMap: { a: ['anonymous'] } },
      /scopeMap\.a\[0\]" must be .*, not "anonymous"/,
    ],
    ['R12: a namespace with a colon', { ...ISSUER, subjectNamespace: 'a:b' }, /must be letters, digits, .*, not "a:b"/],
    ['R12: the namespace of workloads', { ...ISSUER, subjectNamespace: 'workload' }, /subjectNamespace/],
    [
      'an endpoint of plain http',
      { ...ISSUER, introspection: { ...INTROSPECTION, endpoint: 'http://x.test' } },
      /endpoint/,
    ],
    [
      'a secret in the configuration',
      { ...ISSUER, introspection: { ...INTROSPECTION, clientSecret: 'hush' } },
      /there is no option "issuers\[0\]\.introspection\.clientSecret"/,
    ],
    [
      'a prefix like a JWT',
      { ...ISSUER, introspection: { ...INTROSPECTION, tokenPrefix: 'eyJ' } },
      /tokenPrefix" must be .* other than "ey"/,
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
      expect(() => resolveIssuers([{ ...ISSUER, issuer: `http://${host}:3900` }], true, AT)).not.toThrow();
    }
    for (const host of ['localhost.evil.test', '127.0.0.1.evil.test', '0.0.0.0', '10.0.0.1', '[::2]']) {
      expect(() => resolveIssuers([{ ...ISSUER, issuer: `http://${host}` }], true, AT)).toThrow(/plain http/);
    }
  });

  it('R12: requires a separate namespace for a second issuer', () => {
    const second = { ...ISSUER, issuer: 'https://other.test' };
    expect(() => resolve(ISSUER, second)).toThrow(
      /"issuers\[1\]\.subjectNamespace" is missing; it must be another one for each further/,
    );
    expect(() => resolve(ISSUER, { ...second, subjectNamespace: 'x' })).not.toThrow();
    expect(() => resolve({ ...ISSUER, subjectNamespace: 'x' }, { ...second, subjectNamespace: 'x:{tenant}' })).toThrow(
      /"issuers\[1\]\.subjectNamespace" must be another one .*, not "x"/,
    );
  });

  it('refuses an issuer that is configured twice', () => {
    expect(() => resolve(ISSUER, { ...ISSUER, subjectNamespace: 'x' })).toThrow(/"issuers\[1\]\.issuer" .*once/);
    expect(() => new AccessTokenAuthenticator({ issuers: [] })).toThrow(
      /"issuers" must be a non-empty list of identity providers, .*, not an empty list/,
    );
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
      expect(() => resolve(opaque('a', one), opaque('b', two))).toThrow(/tokenPrefix" .*a distinct prefix/);
    }
  });

  it.each([
    [
      { minimumRemainingSeconds: -1 },
      /"minimumRemainingSeconds" must be a whole number of seconds from 0 to 300, not -1/,
    ],
    [{ minimumRemainingSeconds: Number.NaN }, /minimumRemainingSeconds/],
    [{ cache: { maxEntries: 0 } }, /"cache\.maxEntries" must be .*, not 0/],
    [{ cache: { introspectionSeconds: 1.5 } }, /"cache\.introspectionSeconds" must be .*, not 1\.5/],
  ])('checks the limits: %j', (limits, message) => {
    const options = { issuers: [ISSUER], allowInsecureLoopback: false, ...limits };
    expect(() => new AccessTokenAuthenticator(options)).toThrow(message);
  });

  it('R37: refuses to start with a client secret that cannot be read', async () => {
    const introspection = { ...INTROSPECTION, clientSecretFile: '/does/not/exist' };
    const options = { issuer: 'x', audience: 'y', introspection };
    const authenticator = new AccessTokenAuthenticator({ issuers: [options], allowInsecureLoopback: false });
    await expect(authenticator.start()).rejects.toThrow(
      /"issuers\[0\]\.introspection\.clientSecretFile" names a file that is not accepted: .*ENOENT/,
    );
    expect(authenticator.ready).toBe(false);
    authenticator.close();
  });
});
