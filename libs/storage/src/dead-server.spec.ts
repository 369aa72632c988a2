import { jest } from '@jest/globals';
import { setImmediate } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { sql } from 'kysely';
import { currentStore } from 'nestjs-internal-token';
import { FlakyServer } from '../../../test/support/storage/flaky-server.js';
import { NotesApp, notesMigrations } from '../../../test/support/storage/notes.js';
import { describeServer, TestDatabase, uniqueName } from '../../../test/support/storage/test-server.js';
import { DomainDatabase } from './domain-database.js';
import { nameDriverFailure } from './driver-failure.js';

// Waits for connections to be given up.
jest.setTimeout(300_000);

describeServer('when the database server', () => {
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

  it('dies, everybody gets a 503, and the pool recovers when it is back', async () => {
    await Promise.all(Array.from({ length: 12 }, read));
    await server.die();
    const answers = await Promise.allSettled(Array.from({ length: 30 }, read));
    for (const answer of answers) {
      expect(answer).toMatchObject({ status: 'rejected', reason: unavailable });
    }
    await server.comeBack();
    expect(await Promise.all(Array.from({ length: 30 }, read))).toHaveLength(30);
  });

  it('dies inside a transaction, nothing of it stays', async () => {
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

  it('takes connections and says nothing, the wait ends with a 503', async () => {
    server.fallSilent();
    while (server.unanswered === 0) await expect(read()).rejects.toMatchObject(unavailable);
    await server.die();
    await server.comeBack();
    expect(await read()).toEqual([]);
  });

  it('ends our sessions, the next request opens new ones', async () => {
    await Promise.all(Array.from({ length: 5 }, read));
    await database.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${database.name}' and pid <> pg_backend_pid()`,
    );
    // Whoever is quicker than the news gets a 503; each of them finds one dead connection at most.
    const answers: unknown[] = [];
    for (let tries = 0; tries <= 10; tries += 1) answers.push(await read().catch((error: unknown) => error));
    for (const answer of answers.filter((each) => !Array.isArray(each))) expect(answer).toMatchObject(unavailable);
    expect(answers.at(-1)).toEqual([]);
  });

  it('R117: ends idle sessions, the line about it is no request’s', async () => {
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

  it('does not know the login or the database, the start says so and requests wait for better times', async () => {
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

  it.each(['mysql://db/shop', 'db.internal'])('is no PostgreSQL (%s), the start says what to write', async (url) => {
    await expect(DomainDatabase.open({ url }, { name: domain, migrations: notesMigrations })).rejects.toMatchObject({
      code: 'storage_misconfigured',
      detail: expect.stringContaining('postgres://'),
    });
  });

  it('is too slow, the statement is cancelled', async () => {
    const slow = app.as('acme', () =>
      app.notes.transaction(async (trx) => {
        await sql`select set_config('statement_timeout', '50', true)`.execute(trx);
        await sql`select pg_sleep(5)`.execute(trx);
      }),
    );
    await expect(slow).rejects.toMatchObject(unavailable);
  });

  it('is not there at the start, the start says which domain it stops, and no password', async () => {
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
