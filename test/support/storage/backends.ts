import type { StorageOptions } from '@app/storage';
import { serverIsThere, TestDatabase } from './test-server.js';

export interface OpenBackend {
  readonly options: StorageOptions;
  close(...domains: string[]): Promise<void>;
}

export interface Backend {
  readonly name: string;
  /** The login owns the tables and there is no other role: only FORCE makes row-level security apply to it. */
  readonly bindsOwner: boolean;
  readonly open: () => Promise<OpenBackend>;
}

const embedded: Backend = {
  name: 'PGlite',
  bindsOwner: false,
  open: async () => ({ options: { memory: true }, close: async () => undefined }),
};

const onServer = (name: string, attributes: string | undefined, bindsOwner = false): Backend => ({
  name: `PostgreSQL as ${name}`,
  bindsOwner,
  async open() {
    const database = await TestDatabase.create(attributes);
    return { options: { url: database.url }, close: (...domains) => database.drop(...domains) };
  },
});

/** One of each driver. */
export const drivers: readonly Backend[] = [embedded, ...(serverIsThere ? [onServer('superuser', undefined)] : [])];

/** Every kind of login that a database may be used with. */
export const backends: readonly Backend[] = [
  ...drivers,
  ...(serverIsThere
    ? [
        onServer('BYPASSRLS with CREATEROLE', 'nosuperuser bypassrls createrole'),
        onServer('CREATEROLE', 'nosuperuser nobypassrls createrole'),
        onServer('plain owner', 'nosuperuser nobypassrls nocreaterole', true),
      ]
    : []),
];
