// Run as its own process by embedded-database.spec.ts: writes notes until killed and reports each committed one.
import 'reflect-metadata';
import { DomainDatabase } from '../../../libs/storage/src/domain-database.js';
import { type NotesSchema, notesMigrations } from './notes.js';

const directory = process.argv[2] ?? '';
const database = await DomainDatabase.open({ directory }, { name: 'notes', migrations: notesMigrations });
for (let id = 1; ; id += 1) {
  await database.transaction<NotesSchema, unknown>({ tenantId: 'acme' }, (trx) =>
    trx
      .insertInto('notes')
      .values({ id, text: 'x'.repeat(1000) })
      .execute(),
  );
  process.stdout.write(`${id}\n`);
}
