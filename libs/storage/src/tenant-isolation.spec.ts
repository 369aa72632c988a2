import { jest } from '@jest/globals';
import { sql } from 'kysely';
import { backends, type OpenBackend } from '../../../test/support/storage/backends.js';
import { issuer, NotesApp } from '../../../test/support/storage/notes.js';
import { uniqueName } from '../../../test/support/storage/test-server.js';

// Opens embedded databases.
jest.setTimeout(300_000);

describe.each(backends)('tenants on $name', ({ open, bindsOwner }) => {
  const domain = uniqueName('notes');
  let backend: OpenBackend;
  let app: NotesApp;

  beforeAll(async () => {
    backend = await open();
    app = await NotesApp.start(backend.options, domain);
  });

  afterAll(async () => {
    await app.close();
    await backend.close(domain);
  });

  beforeEach(async () => {
    for (const tenant of ['acme', 'globex']) {
      await app.as(tenant, async () => {
        await app.notes.transaction((trx) => trx.deleteFrom('notes').execute());
        await app.add({ id: 1, text: `${tenant} secret` }, { id: 2, text: `${tenant} news`, published: true });
      });
    }
  });

  it('see their own rows and no others, without any WHERE', async () => {
    expect(await app.as('acme', () => app.texts())).toEqual(['acme news', 'acme secret']);
    expect(await app.as('globex', () => app.texts())).toEqual(['globex news', 'globex secret']);
    expect(await app.as('initech', () => app.texts())).toEqual([]);
  });

  it('change and delete their own rows only, without any WHERE', async () => {
    await app.as('acme', () => app.notes.transaction((trx) => trx.updateTable('notes').set({ text: 'x' }).execute()));
    await app.as('acme', () => app.notes.transaction((trx) => trx.deleteFrom('notes').execute()));
    expect(await app.as('globex', () => app.texts())).toEqual(['globex news', 'globex secret']);
  });

  it('cannot write a row for another tenant, nor give one away', async () => {
    const policyViolation = { code: '42501' };
    const foreign = { id: 3, text: 'planted', tenant_id: 'globex' };
    await expect(app.as('acme', () => app.add(foreign))).rejects.toMatchObject(policyViolation);
    const giveAway = app.as('acme', () =>
      app.notes.transaction((trx) => trx.updateTable('notes').set({ tenant_id: 'initech' }).execute()),
    );
    await expect(giveAway).rejects.toMatchObject(policyViolation);
    expect(await app.as('globex', () => app.texts())).not.toContain('planted');
  });

  it('R77: anonymous callers see public rows, and write nothing', async () => {
    expect(await app.as(undefined, () => app.texts())).toEqual(['acme news', 'globex news']);
    const refused = { code: 'tenant_required', status: 403 };
    for (const tenant_id of [undefined, '', 'acme']) {
      const row = { id: 3, text: 'x', ...(tenant_id === undefined ? {} : { tenant_id }) };
      await expect(app.as(undefined, () => app.add(row))).rejects.toMatchObject(refused);
    }
    const changed = await app.as(undefined, () =>
      app.notes.transaction((trx) => trx.updateTable('notes').set({ text: 'x' }).executeTakeFirst()),
    );
    expect(Number(changed.numUpdatedRows)).toBe(0);
  });

  it('a user without a tenant sees what anonymous callers see', async () => {
    const claims = issuer.claims({ tenantId: undefined as never });
    expect(await app.with(claims, () => app.texts())).toEqual(['acme news', 'globex news']);
  });

  it('code without a user cannot open a transaction', async () => {
    await expect(app.texts()).rejects.toMatchObject({ code: 'txn_no_context' });
  });

  it.each([
    "' or '1'='1",
    "acme', true), set_config('app.tenant_id', 'globex",
    "'; drop table notes; --",
    '%',
    'ACME',
    'acme\\',
  ])('a strange tenant name is not executed as SQL: %s', async (tenant) => {
    expect(await app.as(tenant, () => app.texts())).toEqual([]);
    await app.as(tenant, () => app.add({ id: 1, text: 'mine' }));
    expect(await app.as(tenant, () => app.texts())).toEqual(['mine']);
    expect(await app.as('acme', () => app.texts())).not.toContain('mine');
    await app.as(tenant, () => app.notes.transaction((trx) => trx.deleteFrom('notes').execute()));
  });

  it('forty concurrent tenants are never mixed up', async () => {
    const tenants = Array.from({ length: 40 }, (_, index) => `tenant-${index}`);
    const work = tenants.map((tenant) =>
      app.as(tenant, async () => {
        await app.add({ id: 1, text: tenant }, { id: 2, text: tenant });
        const seen = await app.notes.transaction(async (trx) => {
          await sql`select pg_sleep(0.001)`.execute(trx);
          return trx.selectFrom('notes').select(['tenant_id', 'text']).execute();
        });
        await app.notes.transaction((trx) => trx.deleteFrom('notes').execute());
        return seen;
      }),
    );
    const expected = tenants.map((tenant) => [1, 2].map(() => ({ tenant_id: tenant, text: tenant })));
    expect(await Promise.all(work)).toEqual(expected);
  });

  it('a query outside a transaction sees nothing, not even public rows', async () => {
    const query = sql`select * from ${sql.id(domain)}.notes`.execute(app.unbound);
    if (bindsOwner) expect((await query).rows).toEqual([]);
    else await expect(query).rejects.toMatchObject({ code: '42501' });
  });

  it('a transaction runs with a role that is bound by policies', async () => {
    const facts = await app.as('acme', () =>
      app.notes.transaction(
        async (trx) =>
          (
            await sql`
              select rolsuper, rolbypassrls, rolcreaterole, count(c.oid) as owned
              from pg_roles left join pg_class c on c.relowner = pg_roles.oid and c.relkind = 'r'
              where rolname = current_user group by pg_roles.oid, rolsuper, rolbypassrls, rolcreaterole`.execute(trx)
          ).rows,
      ),
    );
    expect(facts).toEqual([{ rolsuper: false, rolbypassrls: false, rolcreaterole: false, owned: bindsOwner ? 3 : 0 }]);
  });

  it('a transaction that fails leaves nothing behind', async () => {
    const failing = app.as('acme', () =>
      app.notes.transaction(async (trx) => {
        await trx.insertInto('notes').values({ id: 9, text: 'half' }).execute();
        throw new Error('changed my mind');
      }),
    );
    await expect(failing).rejects.toThrow('changed my mind');
    expect(await app.as('acme', () => app.texts())).not.toContain('half');
  });

  it('a transaction cannot be used after its end', async () => {
    let kept: Parameters<Parameters<typeof app.notes.transaction>[0]>[0] | undefined;
    await app.as('acme', () => app.notes.transaction(async (trx) => void (kept = trx)));
    await expect(kept?.selectFrom('notes').selectAll().execute()).rejects.toThrow();
  });

  it('a transaction inside another is refused before it can wait for itself', async () => {
    const nested = app.as('acme', () => app.notes.transaction(() => app.texts()));
    await expect(nested).rejects.toMatchObject({ code: 'storage_misused' });
    expect(await app.as('acme', () => app.texts())).toContain('acme secret');
  });

  it('a value that the database cannot store gets 400', async () => {
    const invalid = { code: 'storage_value_invalid', status: 400 };
    await expect(app.as('acme', () => app.add({ id: 3, text: 'a\0b' }))).rejects.toMatchObject(invalid);
    await expect(app.as('acme', () => app.add({ id: 2 ** 31, text: 'a' }))).rejects.toMatchObject(invalid);
  });
});
