import { Module, type DynamicModule } from '@nestjs/common';
import type { DomainStorage, StorageOptions } from './storage.options.js';
import { TenantDatabase } from './tenant-database.js';
import { SystemDatabase } from './system-database.js';

/** The app says where (`forRoot`), each domain module says what (`forDomain`) and injects `TenantDatabase<ItsTables>`. */
@Module({})
export class StorageModule {
  static forRoot(options: StorageOptions): DynamicModule {
    void options;
    return { module: StorageModule, global: true };
  }

  static forDomain(domain: DomainStorage): DynamicModule {
    void domain;
    return { module: StorageModule, exports: [TenantDatabase, SystemDatabase] };
  }
}
