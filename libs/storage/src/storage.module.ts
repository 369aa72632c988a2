import { Module, type DynamicModule, type FactoryProvider } from '@nestjs/common';
import { InternalTokenContext, Tracer } from 'nestjs-internal-token';
import { DatabaseSpans } from './database-spans.js';
import { DomainDatabase } from './domain-database.js';
import type { DomainStorage, StorageOptions } from './storage.options.js';
import { SystemDatabase } from './system-database.js';
import { TenantDatabase } from './tenant-database.js';

const STORAGE_OPTIONS = Symbol('StorageModule.forRoot(options)');
const DOMAIN_DATABASE = Symbol('DomainDatabase');

/** The app says where (`forRoot`). Each domain declares what (`forDomain`) and injects `TenantDatabase<ItsTables>`. */
@Module({})
export class StorageModule {
  static forRoot(options: StorageOptions): DynamicModule {
    return {
      module: StorageModule,
      global: true,
      providers: [{ provide: STORAGE_OPTIONS, useValue: options }],
      exports: [STORAGE_OPTIONS],
    };
  }

  /** Opens, migrates and checks the domain's database at the start; if that fails, the start fails and says why. */
  static forDomain(domain: DomainStorage): DynamicModule {
    const tasks = domain.systemTasks ?? [];
    const providers: FactoryProvider[] = [
      {
        provide: DOMAIN_DATABASE,
        inject: [STORAGE_OPTIONS],
        useFactory: (options: StorageOptions) => DomainDatabase.open(options, domain),
      },
      {
        provide: TenantDatabase,
        inject: [STORAGE_OPTIONS, DOMAIN_DATABASE, InternalTokenContext, Tracer],
        useFactory: (
          { spans = 'statements' }: StorageOptions,
          database: DomainDatabase,
          context: InternalTokenContext,
          tracer: Tracer,
        ) =>
          new TenantDatabase(
            database,
            context,
            spans === 'off' ? undefined : new DatabaseSpans(tracer, domain.name, spans),
          ),
      },
    ];
    if (tasks.length > 0) {
      providers.push({
        provide: SystemDatabase,
        inject: [DOMAIN_DATABASE, InternalTokenContext],
        useFactory: (database: DomainDatabase, context: InternalTokenContext) =>
          new SystemDatabase(database, context, tasks),
      });
    }
    return {
      module: StorageModule,
      providers,
      exports: tasks.length > 0 ? [TenantDatabase, SystemDatabase] : [TenantDatabase],
    };
  }
}
