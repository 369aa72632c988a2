import { jest } from '@jest/globals';
import { Test } from '@nestjs/testing';
import { InternalTokenModule } from 'nestjs-internal-token';
import { issuer, NotesApp, notesMigrations } from '../../../test/support/storage/notes.js';
import { StorageModule, SystemDatabase } from './index.js';

// Opens embedded databases.
jest.setTimeout(300_000);

describe('a system task', () => {
  let app: NotesApp;

  beforeAll(async () => {
    app = await NotesApp.start({ memory: true }, 'notes');
  });

  afterAll(() => app.close());

  it('works for the tenant that it names', async () => {
    await app.system.transaction({ task: 'seed', tenantId: 'acme' }, (trx) =>
      trx.insertInto('notes').values({ id: 1, text: 'seeded' }).execute(),
    );
    expect(await app.as('acme', () => app.texts())).toEqual(['seeded']);
    const others = await app.system.transaction({ task: 'seed', tenantId: 'globex' }, (trx) =>
      trx.selectFrom('notes').selectAll().execute(),
    );
    expect(others).toEqual([]);
  });

  it.each([
    ['a task that the domain did not declare', { task: 'cleanup', tenantId: 'acme' }],
    ['an empty tenantId', { task: 'seed', tenantId: '' }],
  ])('is refused with %s', async (_, as) => {
    await expect(app.system.transaction(as, async () => undefined)).rejects.toMatchObject({ code: 'storage_misused' });
  });

  it('is refused inside a request, which already has a tenant', async () => {
    const escalation = app.as('acme', () =>
      app.system.transaction({ task: 'seed', tenantId: 'globex' }, async () => undefined),
    );
    await expect(escalation).rejects.toMatchObject({ code: 'storage_misused' });
  });

  it('cannot inject SystemDatabase if its domain declares no task', async () => {
    const module = await Test.createTestingModule({
      imports: [
        InternalTokenModule.forRoot({ service: 'notes', trustDomain: 'test', keys: issuer.keys }),
        StorageModule.forRoot({ memory: true }),
        StorageModule.forDomain({ name: 'plain', migrations: notesMigrations }),
      ],
    }).compile();
    module.useLogger(false);
    expect(() => module.get(SystemDatabase, { strict: false })).toThrow();
    await module.close();
  });
});
