import { jest } from '@jest/globals';
import { setImmediate } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { sql } from 'kysely';
import { currentStore } from '../../internal-token/src/nest/index.js';
import { FlakyServer } from '../../../test/support/storage/flaky-server.js';
import { NotesApp, notesMigrations } from '../../../test/support/storage/notes.js';
import { describeServer, TestDatabase, uniqueName } from '../../../test/support/storage/test-server.js';
import { DomainDatabase } from './domain-database.js';
import { nameDriverFailure } from './driver-failure.js';

// Waits for connections to be given up.
jest.setTimeout(300_000);

describeServer('Storage with an unreliable database server', () => {
  const domain = uniqueName('notes');
  const unavailable = { code: 'storage_unavailable', status: 503 };
  let database: TestDatabase;
  let server: FlakyServer;
  let app: NotesApp;

  beforeAll(async () => {
    database = await TestDatabase.create(undefined);
    server = await FlakyServer.before(database.url);
    app = await NotesApp.start({ url: server.url }, domain);
  });

  afterAll(async () => {
    await app.close();
    await server.die();
    await database.drop(domain);
  });

  const read = () => app.as('acme', () => app.texts());

  it('answers 503 while the server is down, and recovers when it is back', async () => {
    await Promise.all(Array.from({ length: 12 }, read));
    await server.die();
    const answers = await Promise.allSettled(Array.from({ length: 30 }, read));
    for (const answer of answers) {
      expect(answer).toMatchObject({ status: 'rejected', reason: unavailable });
    }
    await server.comeBack();
    expect(await Promise.all(Array.from({ length: 30 }, read))).toHaveLength(30);
  });

  it('keeps nothing of a transaction during which the server dies', async () => {
    const half = app.as('acme', () =>
      app.notes.transaction(async (trx) => {
        await trx.insertInto('notes').values({ id: 1, text: 'half' }).execute();
        await server.die();
        await trx.insertInto('notes').values({ id: 2, text: 'whole' }).execute();
      }),
    );
    await expect(half).rejects.toMatchObject(unavailable);
    await server.comeBack();
    expect(await read()).toEqual([]);
  });

  it('answers 503 when the server accepts connections but stays silent', async () => {
    server.fallSilent();
    while (server.unanswered === 0) await expect(read()).rejects.toMatchObject(unavailable);
    await server.die();
    await server.comeBack();
    expect(await read()).toEqual([]);
  });

  it('opens new sessions after the server has ended the old ones', async () => {
    await Promise.all(Array.from({ length: 5 }, read));
    await database.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${database.name}' and pid <> pg_backend_pid()`,
    );
    // A request that is faster than the notice gets a 503; each one finds at most one dead connection.
    const answers: unknown[] = [];
    for (let tries = 0; tries <= 10; tries += 1) answers.push(await read().catch((error: unknown) => error));
    for (const answer of answers.filter((each) => !Array.isArray(each))) expect(answer).toMatchObject(unavailable);
    expect(answers.at(-1)).toEqual([]);
  });

  it('R117: logs the loss of idle sessions outside any request', async () => {
    await Promise.all(Array.from({ length: 5 }, read));
    const txns: unknown[] = [];
    const warn = () => txns.push(currentStore()?.txn);
    const none = () => undefined;
    Logger.overrideLogger({ warn, log: none, error: none });
    try {
      await server.die();
      await server.comeBack();
      while (txns.length === 0) await setImmediate();
    } finally {
      Logger.overrideLogger(false);
    }
    expect(new Set(txns)).toEqual(new Set([undefined]));
    await Promise.allSettled(Array.from({ length: 10 }, read));
  });

  it('names an unknown login or database at the start, and answers 503 to requests', async () => {
    const elsewhere = new URL(server.url);
    elsewhere.pathname = '/not_there';
    const start = DomainDatabase.open({ url: elsewhere.href }, { name: domain, migrations: notesMigrations });
    await expect(start).rejects.toMatchObject({
      code: 'storage_misconfigured',
      detail: expect.stringMatching(/^DATABASE_URL is refused by the server: .*not_there/),
    });
    for (const code of ['28P01', '28000', '3D000', '55000']) {
      expect(nameDriverFailure(Object.assign(new Error('refused'), { code }), domain)).toMatchObject(unavailable);
    }
  });

  it.each(['mysql://db/shop', 'db.internal'])(
    'refuses to start with a URL that is not PostgreSQL (%s), and says what to write',
    async (url) => {
      await expect(DomainDatabase.open({ url }, { name: domain, migrations: notesMigrations })).rejects.toMatchObject({
        code: 'storage_misconfigured',
        detail: expect.stringContaining('postgres://'),
      });
    },
  );

  it('cancels a statement that is too slow', async () => {
    const slow = app.as('acme', () =>
      app.notes.transaction(async (trx) => {
        await sql`select set_config('statement_timeout', '50', true)`.execute(trx);
        await sql`select pg_sleep(5)`.execute(trx);
      }),
    );
    await expect(slow).rejects.toMatchObject(unavailable);
  });

  it('names the domain but no password if the server is down at the start', async () => {
    const url = server.url.replace('//postgres@', '//postgres:hunter2@');
    await server.die();
    const opening = DomainDatabase.open({ url }, { name: domain, migrations: notesMigrations });
    const error = await opening.catch((reason: unknown) => reason);
    expect(error).toMatchObject({ ...unavailable, detail: expect.stringContaining(domain) });
    expect(error).toMatchObject({ detail: expect.stringMatching(/ECONNREFUSED.*DATABASE_URL/) });
    expect(String(error)).not.toContain('hunter2');
    await server.comeBack();
  });
});
