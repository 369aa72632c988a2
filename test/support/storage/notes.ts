import { Test, type TestingModule } from '@nestjs/testing';
import { type Kysely, sql, type Generated } from 'kysely';
import type { MigrationProvider } from 'kysely/migration';
import { InternalTokenContext, InternalTokenModule, Tracer, type VerifiedClaims } from 'nestjs-internal-token';
import { TestTokenIssuer } from 'nestjs-internal-token/testing';
import { protectTable, StorageModule, type StorageOptions, SystemDatabase, TenantDatabase } from '@app/storage';

export interface NotesSchema {
  notes: { tenant_id: Generated<string>; id: number; text: string; published: Generated<boolean> };
}

export const notesMigrations: MigrationProvider = {
  getMigrations: async () => ({
    '001_notes': {
      async up(db: Kysely<unknown>) {
        await sql`create table notes (
          tenant_id text not null, id int not null, text text not null, published boolean not null default false,
          primary key (tenant_id, id))`.execute(db);
        await protectTable(db, 'notes', { publicRows: sql<boolean>`published` });
      },
    },
  }),
};

/** An application with one domain that keeps notes. */
export class NotesApp {
  private constructor(private readonly module: TestingModule) {}

  static async start(options: StorageOptions, domain: string): Promise<NotesApp> {
    const module = await Test.createTestingModule({
      imports: [
        InternalTokenModule.forRoot({ service: 'notes', trustDomain: 'test', keys: issuer.keys }),
        StorageModule.forRoot(options),
        StorageModule.forDomain({ name: domain, migrations: notesMigrations, systemTasks: ['seed'] }),
      ],
    }).compile();
    module.useLogger(false);
    await module.init();
    return new NotesApp(module);
  }

  get notes(): TenantDatabase<NotesSchema> {
    return this.module.get<TenantDatabase<NotesSchema>>(TenantDatabase, { strict: false });
  }

  get system(): SystemDatabase<NotesSchema> {
    return this.module.get<SystemDatabase<NotesSchema>>(SystemDatabase, { strict: false });
  }

  get tracer(): Tracer {
    return this.module.get(Tracer, { strict: false });
  }

  /** As a user of this tenant; without one, as the anonymous principal. */
  as<T>(tenantId: string | undefined, work: () => Promise<T>): Promise<T> {
    return this.with(issuer.claims(tenantId === undefined ? { authenticated: false } : { tenantId }), work);
  }

  with<T>(claims: VerifiedClaims, work: () => Promise<T>): Promise<T> {
    return this.module.get(InternalTokenContext, { strict: false }).run(claims, work);
  }

  add(...rows: { id: number; text: string; published?: boolean; tenant_id?: string }[]): Promise<unknown> {
    return this.notes.transaction((trx) => trx.insertInto('notes').values(rows).execute());
  }

  texts(): Promise<string[]> {
    return this.notes.transaction(async (trx) => {
      const rows = await trx.selectFrom('notes').select('text').orderBy('text').execute();
      return rows.map(({ text }) => text);
    });
  }

  /** What only a defect could reach: the connection outside any transaction. */
  get unbound(): Kysely<unknown> {
    return (this.notes as unknown as { database: { db: Kysely<unknown> } }).database.db;
  }

  close(): Promise<void> {
    return this.module.close();
  }
}

export const issuer = new TestTokenIssuer();
