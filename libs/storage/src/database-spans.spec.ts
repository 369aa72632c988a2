import { jest } from '@jest/globals';
import { inspect } from 'node:util';
import { sql } from 'kysely';
import type { SpanRecord } from 'nestjs-internal-token';
import { drivers, type OpenBackend } from '../../../test/support/storage/backends.js';
import { NotesApp } from '../../../test/support/storage/notes.js';
import { uniqueName } from '../../../test/support/storage/test-server.js';

// Opens embedded databases.
jest.setTimeout(300_000);

const SECRET = 'what-ada-wrote';

describe.each(drivers)('spans of database work on $name', ({ open }) => {
  const domain = uniqueName('notes');
  let backend: OpenBackend;
  let app: NotesApp;
  let records: SpanRecord[];

  beforeAll(async () => {
    backend = await open();
    app = await NotesApp.start(backend.options, domain);
    app.tracer.onEnd((record) => records.push(record));
  });

  beforeEach(async () => {
    await app.as('acme', () => app.notes.transaction((trx) => trx.deleteFrom('notes').execute()));
    records = [];
  });

  afterAll(async () => {
    await app.close();
    await backend.close(domain);
  });

  const ops = () => records.map(({ op, status }) => `${op}: ${status}`);
  const transaction = () => records.find(({ db }) => db === 'transaction');
  const statements = () => records.filter(({ db }) => db !== 'transaction');

  it('name the kind and the first table of each statement, inside their transaction', async () => {
    await app.as('acme', () =>
      app.notes.transaction(async (trx) => {
        await trx.insertInto('notes').values({ id: 1, text: SECRET }).execute();
        await trx.selectFrom('notes as n').selectAll().where('text', '=', SECRET).execute();
        await trx.updateTable('notes').set({ text: 'b' }).execute();
        await trx.selectFrom(trx.selectFrom('notes').selectAll().as('inner')).selectAll().execute();
        await trx.deleteFrom('notes').execute();
        await sql`  SELECT ${SECRET}::text`.execute(trx);
        await sql`do $$ begin perform 1; end $$`.execute(trx);
      }),
    );
    expect(ops()).toEqual([
      'insert notes: ok',
      'select notes: ok',
      'update notes: ok',
      'select: ok',
      'delete notes: ok',
      'select: ok',
      'other: ok',
      `${domain} transaction: ok`,
    ]);
    expect(records.map(({ db }) => db).join(' ')).toBe('insert select update select delete select other transaction');
    for (const each of records) expect(each).toMatchObject({ kind: 'client', peer: 'postgresql' });
    for (const each of statements()) expect(each.parentSpanId).toBe(transaction()?.spanId);
    expect(JSON.stringify(records)).not.toContain(SECRET);
  });

  it('nest correctly when statements and requests run concurrently', async () => {
    const request = (tenant: string) =>
      app.as(tenant, () =>
        app.tracer.run({ op: `request of ${tenant}`, kind: 'server' }, () =>
          app.notes.transaction((trx) =>
            Promise.all([1, 2, 3].map(() => trx.selectFrom('notes').select('id').execute())),
          ),
        ),
      );
    const tenants = Array.from({ length: 8 }, (_, index) => `tenant-${index}`);
    await Promise.all(tenants.map(request));
    const byId = new Map(records.map((record) => [record.spanId, record]));
    const parentOf = ({ parentSpanId }: SpanRecord) => byId.get(String(parentSpanId));
    expect(statements().filter(({ db }) => db === 'select')).toHaveLength(24);
    for (const tenant of tenants) {
      const [root, ...others] = records.filter(({ op }) => op === `request of ${tenant}`);
      expect(others).toEqual([]);
      const mine = records.filter(({ traceId }) => traceId === root?.traceId);
      const selects = mine.filter(({ db }) => db === 'select');
      expect(selects).toHaveLength(3);
      for (const select of selects) expect(parentOf(parentOf(select) as SpanRecord)).toBe(root);
      // One connection runs one statement at a time.
      const sorted = selects.toSorted((one, other) => one.startedAt - other.startedAt);
      for (const [index, { startedAt }] of sorted.entries()) {
        const before = sorted[index - 1];
        if (before) expect(startedAt).toBeGreaterThanOrEqual(before.startedAt + before.durationMs - 0.001);
      }
    }
  });

  it('show type and code of a failure, and nothing of the data', async () => {
    const failing = app.as('acme', () =>
      app.notes.transaction((trx) => sql`select ${SECRET}::text::int from notes_of_nobody`.execute(trx)),
    );
    await expect(failing).rejects.toThrow();
    expect(statements()).toEqual([expect.objectContaining({ status: 'error', db: 'select', op: 'select' })]);
    for (const { error } of records) {
      expect(error).toMatchObject({ name: 'error', code: '42P01' });
      expect(error).not.toHaveProperty('detail');
      expect(error).not.toHaveProperty('cause');
      expect((error as Error).stack).not.toContain('notes_of_nobody');
    }
    expect(transaction()?.status).toBe('error');
  });

  it('keep a refused value out of every error', async () => {
    const failing = app.as('acme', () =>
      app.tracer.run({ op: 'around', kind: 'internal' }, () =>
        app.notes.transaction((trx) => sql`select ${SECRET}::text::int`.execute(trx)),
      ),
    );
    const error = await failing.catch((thrown: unknown) => thrown as Error);
    expect(error).toMatchObject({ code: 'storage_value_invalid', status: 400, cause: { code: '22P02' } });
    const around = records.at(-1)?.error as Error;
    for (const each of [...records.map((record) => record.error as Error), around.cause as Error]) {
      expect(`${each.message} ${each.stack}`).not.toContain(SECRET);
    }
    expect(statements()[0]?.error).toMatchObject({ name: 'error', code: '22P02', status: 400 });
    expect(transaction()?.error).toMatchObject({ name: 'StorageError', code: 'storage_value_invalid', status: 400 });
  });

  it.each([
    ['22023', sql`select now() at time zone ${SECRET}::text`],
    ['22023', sql`select date_trunc(${SECRET}::text, now())`],
    ['42601', sql`select to_tsquery(${`${SECRET} & | x`}::text)`],
    ['2201B', sql`select ${SECRET}::text ~ ${`${SECRET}(`}::text`],
  ])('keep the value out of an error %s that storage does not translate', async (code, statement) => {
    const failing = app.as('acme', () =>
      app.tracer.run({ op: 'around', kind: 'internal' }, () => app.notes.transaction((trx) => statement.execute(trx))),
    );
    await expect(failing).rejects.toMatchObject({ code });
    expect(records.map(({ op }) => op)).toEqual(['select', `${domain} transaction`, 'around']);
    for (const { error } of records) expect(inspect(error)).not.toContain(SECRET);
  });

  it('report a violated constraint as a conflict, which the domain may expect', async () => {
    const row = { id: 1, text: 'a' };
    await expect(app.as('acme', () => app.add(row, row))).rejects.toMatchObject({ code: '23505' });
    expect(statements()[0]?.error).toMatchObject({ code: '23505', status: 409 });
    expect(transaction()?.error).toMatchObject({ code: '23505', status: 409 });
  });

  it('show an error of the work itself without its message', async () => {
    const failing = app.as('acme', () =>
      app.notes.transaction(async () => {
        throw Object.assign(new TypeError(SECRET, { cause: SECRET }), { status: 404, code: 'note_not_found' });
      }),
    );
    await expect(failing).rejects.toThrow(SECRET);
    expect(ops()).toEqual([`${domain} transaction: error`]);
    expect(transaction()?.error).toMatchObject({ name: 'TypeError', code: 'note_not_found', status: 404 });
    expect(inspect(transaction()?.error)).not.toContain(SECRET);
  });

  it('are absent outside a request', async () => {
    await app.system.transaction({ task: 'seed', tenantId: 'acme' }, (trx) =>
      trx.insertInto('notes').values({ id: 1, text: 'a' }).execute(),
    );
    expect(records).toEqual([]);
  });

  it('end with their transaction: a later statement is refused and has no span', async () => {
    let kept: Parameters<Parameters<typeof app.notes.transaction>[0]>[0] | undefined;
    await app.as('acme', async () => {
      await app.notes.transaction(async (trx) => void (kept = trx));
      await expect(kept?.selectFrom('notes').selectAll().execute()).rejects.toThrow();
    });
    expect(ops()).toEqual([`${domain} transaction: ok`]);
  });
});

describe.each([
  ['off', []],
  ['transactions', ['transaction']],
] as const)('with spans: %s', (spans, told) => {
  it(`a transaction leaves ${told[0] ?? 'nothing'}, and does its work`, async () => {
    const app = await NotesApp.start({ memory: true, spans }, 'notes');
    const records: SpanRecord[] = [];
    app.tracer.onEnd((record) => records.push(record));
    await app.as('acme', () => app.add({ id: 1, text: 'a' }));
    expect(records.map(({ db }) => db)).toEqual(told);
    expect(await app.as('acme', () => app.texts())).toEqual(['a']);
    await app.close();
  });
});
