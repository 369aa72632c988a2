import type {
  AccessTokenAuthenticator,
  AccessTokenIssuerOptions,
} from '../../libs/internal-token/src/gateway/authenticate/index.js';
import { AccessTokenIssuer, AUDIENCE } from '../support/access-token-issuer.js';
import { bearer, codeOf, started } from '../support/authenticator.js';

describe('access tokens: taking over another principal', () => {
  let first: AccessTokenIssuer;
  let second: AccessTokenIssuer;
  let gateway: AccessTokenAuthenticator | undefined;

  beforeAll(async () => {
    [first, second] = await Promise.all([AccessTokenIssuer.start(), AccessTokenIssuer.start()]);
  });

  afterEach(() => gateway?.close());

  afterAll(() => Promise.all([first.close(), second.close()]));

  const trust = (issuer: AccessTokenIssuer, subjectNamespace?: string): AccessTokenIssuerOptions => ({
    issuer: issuer.url,
    audience: AUDIENCE,
    jwksUri: `${issuer.url}/jwks`,
    ...(subjectNamespace !== undefined && { subjectNamespace }),
  });
  const userOf = async (token: string): Promise<string | undefined> =>
    (await gateway?.authenticate(bearer(token)))?.userId;

  it("R12: treats two issuers' equal subjects as two users", async () => {
    gateway = await started([trust(first), trust(second, 'partner')]);
    expect(await userOf(first.token())).toBe('alice');
    expect(await userOf(second.token())).toBe('partner:alice');
  });

  it("R12: refuses a subject that starts with another issuer's namespace", async () => {
    gateway = await started([trust(first), trust(second, 'partner')]);
    expect(await codeOf(gateway, first.token({ sub: 'partner:alice' }))).toBe('access_token_invalid');
    expect(await userOf(first.token({ sub: 'partner-alice' }))).toBe('partner-alice');
    expect(await userOf(second.token({ sub: 'partner:alice' }))).toBe('partner:partner:alice');
  });

  it("R12: treats two tenants' equal subjects as two users when the issuer is configured so", async () => {
    gateway = await started([trust(first, 'corp:{tenant}')]);
    const users = await Promise.all([
      userOf(first.token()),
      userOf(first.token({ tenant_id: 'globex' })),
      userOf(first.token({ tenant_id: 'acme:alice', sub: 'x' })),
      userOf(first.token({ tenant_id: 'acme', sub: 'alice:x' })),
    ]);
    expect(users).toEqual(['corp:acme:alice', 'corp:globex:alice', 'corp:acme%3Aalice:x', 'corp:acme:alice:x']);
    expect(await codeOf(gateway, first.token({ tenant_id: undefined }))).toBe('access_token_invalid');
  });

  it.each(['anonymous', 'Anonymous', 'ANONYMOUS', 'workload:orders', 'workload:', 'Workload:orders', 'workload'])(
    'R12: refuses the reserved subject %s from outside, with and without a namespace',
    async (sub) => {
      gateway = await started([trust(first), trust(second, 'partner')]);
      expect(await codeOf(gateway, first.token({ sub }))).toBe('access_token_invalid');
      expect(await codeOf(gateway, second.token({ sub }))).toBe('access_token_invalid');
    },
  );

  it('R42: drops a scope named anonymous from an access token', async () => {
    gateway = await started([trust(first)]);
    const principal = await gateway.authenticate(bearer(first.token({ scope: 'anonymous orders.read' })));
    expect(principal?.scopes).toEqual(['orders.read']);
  });
});
