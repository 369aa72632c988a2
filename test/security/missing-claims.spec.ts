import { Forge, ISSUER } from './support/forge.js';

const WRONG = [undefined, null, '', 7, true, {}, [], ['x']];

describe('missing and malformed claims', () => {
  let forge: Forge;
  beforeEach(async () => {
    forge = await Forge.create();
  });

  it.each(['txn', 'sub', 'scope', 'req_wl', 'aud'])('R75: requires %s to be a non-empty string', async (name) => {
    for (const value of WRONG) {
      const refusal = await forge.refusal(forge.token({ [name]: value }));
      expect([JSON.stringify(value), refusal]).toEqual([
        JSON.stringify(value),
        name === 'aud' && Array.isArray(value) && value.length > 0 ? 'txn_audience' : 'txn_claims_invalid',
      ]);
    }
  });

  it.each(['exp', 'iat'])('R63, R75: requires %s', async (name) => {
    expect(await forge.refusal(forge.token({ [name]: undefined }))).toBe('txn_claims_invalid');
  });

  it('R68: requires iss', async () => {
    expect(await forge.refusal(forge.token({ iss: undefined }))).toBe('txn_issuer');
  });

  it.each([
    'orders.read  orders.write',
    ' orders.read',
    'orders.read ',
    'orders"read',
    'orders\\read',
    'orders\tread',
    'öffnen',
  ])('R15: refuses scope %j', async (scope) => {
    expect(await forge.refusal(forge.token({ scope }))).toBe('txn_claims_invalid');
  });

  it.each(['a\r\nX-Admin: 1', 'a b', 'x'.repeat(129), 'ä'])(
    'R75: refuses txn %j, which would go into headers and logs',
    async (txn) => {
      expect(await forge.refusal(forge.token({ txn }))).toBe('txn_claims_invalid');
    },
  );

  it.each([
    { tctx: 'acme' },
    { tctx: [] },
    { rctx: 'x' },
    { tctx: { tenant_id: 7 } },
    { tctx: { tenant_id: '' } },
    { tctx: { permissions: 'orders:write' } },
    { tctx: { permissions: { 0: 'orders:write' } } },
    { tctx: { permissions: [7] } },
    { tctx: { permissions: [''] } },
    { tctx: { permissions: ['a', 'a'] } },
    { tctx: { authenticated: 'true' } },
    { tctx: { authenticated: 1 } },
  ])('R22, R75: refuses %j', async (claims) => {
    expect(await forge.refusal(forge.token(claims))).toBe('txn_claims_invalid');
  });

  it('R77: grants nothing that tctx does not state', async () => {
    for (const tctx of [undefined, {}]) {
      const claims = await forge.accept(forge.token({ tctx }));
      expect(claims).toMatchObject({ permissions: [], authenticated: false, custom: {} });
      expect(claims).not.toHaveProperty('tenantId');
    }
  });

  it('R77: gives an unauthenticated principal no tenant and no permissions, whatever the token adds', async () => {
    for (const authenticated of [false, undefined]) {
      const tctx = { tenant_id: 'acme', permissions: ['orders:write'], authenticated };
      const claims = await forge.accept(forge.token({ tctx }));
      expect(claims).toMatchObject({ permissions: [], authenticated: false });
      expect(claims).not.toHaveProperty('tenantId');
    }
  });

  it('R21: ignores unknown claims', async () => {
    const claims = await forge.accept(
      forge.token({ foo: 'bar', permissions: ['admin'], iss2: ISSUER, tenant_id: 'globex' }),
    );
    expect(claims).toMatchObject({ tenantId: 'acme', permissions: ['orders:write'] });
    expect(claims).not.toHaveProperty('foo');
  });
});
