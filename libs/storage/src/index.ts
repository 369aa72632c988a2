export { protectTable, type TableProtection } from './protect-table.js';
export { StorageError, type StorageErrorCode } from './storage-error.js';
export { StorageModule } from './storage.module.js';
export type { DomainStorage, StorageOptions } from './storage.options.js';
export { SystemDatabase, type SystemTask } from './system-database.js';
export { TenantDatabase } from './tenant-database.js';
