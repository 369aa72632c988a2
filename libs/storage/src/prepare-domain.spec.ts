import { jest } from '@jest/globals';
import { sql, type Kysely } from 'kysely';
import type { MigrationProvider } from 'kysely/migration';
import { drivers, type OpenBackend } from '../../../test/support/storage/backends.js';
import { notesMigrations } from '../../../test/support/storage/notes.js';
import { describeServer, TestDatabase, uniqueName } from '../../../test/support/storage/test-server.js';
import { DomainDatabase } from './domain-database.js';
import { protectTable } from './protect-table.js';

// Opens embedded databases.
jest.setTimeout(300_000);

const nothing: MigrationProvider = { getMigrations: async () => ({}) };

function migration(...statements: string[]): MigrationProvider {
  return {
    getMigrations: async () => ({
      '001_test': {
        async up(db: Kysely<unknown>) {
          await sql`create table guarded (tenant_id text not null)`.execute(db);
          await protectTable(db, 'guarded');
          for (const statement of statements) await sql.raw(statement).execute(db);
        },
      },
    }),
  };
}

describe.each(drivers)('a start on $name', ({ open }) => {
  const opened: string[] = [];
  let backend: OpenBackend;

  beforeAll(async () => {
    backend = await open();
  });

  afterAll(() => backend.close(...opened));

  async function start(migrations: MigrationProvider): Promise<void> {
    const name = uniqueName('start');
    opened.push(name);
    const database = await DomainDatabase.open(backend.options, { name, migrations });
    await database.onApplicationShutdown();
  }

  it('is refused while a table has no row-level security, by the name of the table', async () => {
    await expect(start(migration('create table forgotten (id int)'))).rejects.toMatchObject({
      code: 'storage_misconfigured',
      detail: expect.stringMatching(/\.forgotten: call protectTable/),
    });
  });

  it.each([
    ['row-level security that does not bind the owner', 'alter table guarded no force row level security', 'guarded'],
    ["a view that looks with its owner's eyes", 'create view peek as select * from guarded', 'peek'],
    ['a materialised view', 'create materialized view copy as select * from guarded', 'copy'],
    [
      "a function with its owner's rights",
      'create function leak() returns bigint language sql security definer as $$ select count(*) from guarded $$',
      'leak()',
    ],
  ])('is refused with %s', async (_, statement, name) => {
    await expect(start(migration(statement))).rejects.toMatchObject({ detail: expect.stringContaining(`.${name}:`) });
  });

  it('accepts a view with the rights of its reader', async () => {
    await start(migration('create view mine with (security_invoker) as select * from guarded'));
  });

  it('is refused when a migration fails, by the name of the migration', async () => {
    await expect(start(migration('select no_such_function()'))).rejects.toMatchObject({
      code: 'storage_misconfigured',
      detail: expect.stringMatching(/failed at "001_test": .*no_such_function/),
    });
  });

  it('accepts a domain without tables', () => start(nothing));

  it.each(['', 'Notes', 'notes-1', '1notes', 'notes"; drop schema public; --', 'n'.repeat(52)])(
    'is refused for the name %j',
    async (name) => {
      const opening = DomainDatabase.open(backend.options, { name, migrations: nothing });
      await expect(opening).rejects.toMatchObject({ code: 'storage_misused' });
    },
  );
});

describeServer('a start on PostgreSQL', () => {
  const databases: [TestDatabase, string][] = [];

  afterAll(async () => {
    for (const [database, domain] of databases) await database.drop(domain);
  });

  async function prepare(attributes: string | undefined): Promise<[TestDatabase, string]> {
    const prepared: [TestDatabase, string] = [await TestDatabase.create(attributes), uniqueName('start')];
    databases.push(prepared);
    return prepared;
  }

  async function start(url: string, name: string): Promise<DomainDatabase> {
    return DomainDatabase.open({ url }, { name, migrations: notesMigrations });
  }

  it('migrates once when several processes start together', async () => {
    const [database, name] = await prepare(undefined);
    const processes = await Promise.all([1, 2, 3].map(() => start(database.url, name)));
    await Promise.all(processes.map((each) => each.onApplicationShutdown()));
    expect(await database.query(`select name from ${name}.kysely_migration`)).toEqual([{ name: '001_notes' }]);
  });

  it('is refused if policies do not bind the login and no other role can be created, with what to run', async () => {
    const [database, name] = await prepare('nosuperuser bypassrls nocreaterole');
    await expect(start(database.url, name)).rejects.toMatchObject({
      code: 'storage_misconfigured',
      detail: expect.stringContaining(`create role ${name}_app nologin; grant ${name}_app to "${database.loginName}"`),
    });
    await database.query(`create role ${name}_app nologin; grant ${name}_app to ${database.loginName}`);
    await (await start(database.url, name)).onApplicationShutdown();
  });

  it('is refused if policies do not bind the role', async () => {
    const [database, name] = await prepare(undefined);
    await database.query(`create role ${name}_app nologin bypassrls`);
    await expect(start(database.url, name)).rejects.toMatchObject({
      detail: expect.stringContaining(`alter role ${name}_app nosuperuser nobypassrls`),
    });
  });

  it('keeps the options of the URL', async () => {
    const [database, name] = await prepare(undefined);
    const opened = await start(`${database.url}?options=-c%20lock_timeout%3D1234`, name);
    const { rows } = await opened.transaction({ tenantId: 'acme' }, (trx) =>
      sql`select current_setting('lock_timeout') as "lock", current_setting('statement_timeout') as "statement"`.execute(
        trx,
      ),
    );
    await opened.onApplicationShutdown();
    expect(rows).toEqual([{ lock: '1234ms', statement: '10s' }]);
  });

  it.each(['not a url', 'postgres://user:pa#ss@127.0.0.1:bad/db'])(
    'names the setting and not its value: %s',
    async (url) => {
      const error = await start(url, 'start').catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: 'storage_misconfigured', detail: expect.stringContaining('DATABASE_URL') });
      expect(String(error)).not.toContain(url);
    },
  );
});
