import { jest } from '@jest/globals';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type NotesSchema, notesMigrations } from '../../../test/support/storage/notes.js';
import { DomainDatabase } from './domain-database.js';

// Opens embedded databases.
jest.setTimeout(300_000);

const WRITER = fileURLToPath(new URL('../../../test/support/storage/endless-writer.ts', import.meta.url));
const HOOKS = new URL('../../../test/support/storage/typescript-hooks.mjs', import.meta.url).href;

describe('An embedded database', () => {
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'embedded-'));
  });

  afterEach(() => rmSync(directory, { recursive: true }));

  const open = () => DomainDatabase.open({ directory }, { name: 'notes', migrations: notesMigrations });

  function count(database: DomainDatabase): Promise<number> {
    return database.transaction<NotesSchema, number>({ tenantId: 'acme' }, async (trx) => {
      const { total } = await trx
        .selectFrom('notes')
        .select((row) => row.fn.countAll<number>().as('total'))
        .executeTakeFirstOrThrow();
      return total;
    });
  }

  function add(database: DomainDatabase, id: number): Promise<unknown> {
    return database.transaction<NotesSchema, unknown>({ tenantId: 'acme' }, (trx) =>
      trx.insertInto('notes').values({ id, text: 'kept' }).execute(),
    );
  }

  it('keeps its rows in a directory of the domain, and releases it at the end', async () => {
    const first = await open();
    await add(first, 1);
    await expect(open()).rejects.toMatchObject({ code: 'storage_locked' });
    await first.onApplicationShutdown();
    expect(existsSync(join(directory, 'notes.lock'))).toBe(false);

    const second = await open();
    expect(await count(second)).toBe(1);
    await second.onApplicationShutdown();
  });

  it('is created again if its process was killed while creating it', async () => {
    mkdirSync(join(directory, 'notes'));
    writeFileSync(join(directory, 'notes', 'PG_VERSION'), 'ha');
    writeFileSync(join(directory, 'notes.creating'), '');
    const database = await open();
    expect(await count(database)).toBe(0);
    await database.onApplicationShutdown();
  });

  it('releases its directory when the start fails', async () => {
    const failing = { getMigrations: async () => ({ '001': { up: () => Promise.reject(new Error('no')) } }) };
    await expect(DomainDatabase.open({ directory }, { name: 'notes', migrations: failing })).rejects.toThrow();
    await (await open()).onApplicationShutdown();
  });

  it('opens again after kill -9 in the middle of writes, with every row that was committed', async () => {
    const writer: ChildProcess = spawn(process.execPath, ['--import', HOOKS, WRITER, directory], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exit = once(writer, 'exit');
    let committed = 0;
    for await (const line of createInterface({ input: writer.stdout! })) {
      committed = Number(line);
      if (committed === 100) await expect(open()).rejects.toMatchObject({ code: 'storage_locked' });
      if (committed === 200) writer.kill('SIGKILL');
    }
    await exit;
    expect(committed).toBeGreaterThanOrEqual(200);

    const database = await open();
    expect(await count(database)).toBeGreaterThanOrEqual(committed);
    await add(database, 0);
    await database.onApplicationShutdown();
  });
});
