import { type Enrichment, enrichPrincipal, PermissionEnricher } from './enrichment.js';
import type { Principal } from '../authenticate/principal.js';

const PRINCIPAL: Principal = Object.freeze({
  userId: 'alice',
  permissions: ['orders:read'],
  scopes: ['orders.read'],
  expiresAt: 1_800_000_000,
  issuer: 'https://idp.test',
});

class Answering extends PermissionEnricher {
  signal: AbortSignal | undefined;

  constructor(private readonly answer: (principal: Principal) => unknown) {
    super();
  }

  override enrich(principal: Principal, signal: AbortSignal): Enrichment | Promise<Enrichment> {
    this.signal = signal;
    return this.answer(principal) as Enrichment;
  }
}

describe('the enrichment hook', () => {
  const enrich = (answer: (principal: Principal) => unknown, principal = PRINCIPAL) =>
    enrichPrincipal(principal, new Answering(answer));

  it('R45: decides permissions, a missing tenant and further claims', async () => {
    const enriched = await enrich(({ permissions }) =>
      Promise.resolve({ permissions: [...permissions, 'orders:write'], tenantId: 'acme', custom: { plan: 'pro' } }),
    );
    expect(enriched).toEqual({
      ...PRINCIPAL,
      permissions: ['orders:read', 'orders:write'],
      tenantId: 'acme',
      custom: { plan: 'pro' },
    });
    expect([enriched, enriched.permissions, enriched.custom].every((part) => Object.isFrozen(part))).toBe(true);
  });

  it('may answer at once, and may leave everything as it is', async () => {
    expect(await enrich(() => ({}))).toEqual(PRINCIPAL);
  });

  it.each([
    { userId: 'root' },
    { sub: 'root' },
    { txn: '0'.repeat(32) },
    { tokenId: '0'.repeat(32) },
    { scope: 'orders.write' },
    { scopes: ['orders.write'] },
    { expiresAt: 9_999_999_999 },
    { issuer: 'x' },
    { custom: { permissions: ['all'] } },
    { custom: { tenant_id: 'globex' } },
    { custom: { authenticated: true } },
  ])('R45: cannot decide %j', async (answer) => {
    await expect(enrich(() => answer)).rejects.toMatchObject({ code: 'enrichment_failed', status: 503 });
  });

  it.each([
    undefined,
    null,
    'orders:write',
    [],
    { permissions: 'orders:write' },
    { permissions: [1] },
    { permissions: [''] },
    { permissions: null },
    { tenantId: '' },
    { tenantId: 1 },
    { custom: [] },
    { custom: 'x' },
  ])('R45: refuses the malformed answer %j', async (answer) => {
    await expect(enrich(() => answer)).rejects.toMatchObject({ code: 'enrichment_failed' });
  });

  it('R45: cannot move a user to another tenant', async () => {
    const inAcme = { ...PRINCIPAL, tenantId: 'acme' };
    await expect(enrich(() => ({ tenantId: 'globex' }), inAcme)).rejects.toMatchObject({ code: 'enrichment_failed' });
    expect(await enrich(() => ({ tenantId: 'acme' }), inAcme)).toEqual(inAcme);
  });

  it('R45: a failure, thrown or rejected, is 503 and keeps its cause for the log', async () => {
    const cause = new Error('the database is away');
    const thrown = enrich(() => {
      throw cause;
    });
    await expect(thrown).rejects.toMatchObject({ code: 'enrichment_failed', status: 503, cause });
    await expect(enrich(() => Promise.reject(cause))).rejects.toMatchObject({ code: 'enrichment_failed', cause });
  });

  it('R45: an answer that does not come is 503, and the hook is told to stop', async () => {
    const enricher = new Answering(() => new Promise(() => undefined));
    await expect(enrichPrincipal(PRINCIPAL, enricher, 5)).rejects.toMatchObject({
      code: 'enrichment_failed',
      cause: expect.objectContaining({ message: 'no answer within 5 ms' }),
    });
    expect(enricher.signal?.aborted).toBe(true);
  });
});
