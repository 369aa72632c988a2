import { serverIsThere, TestDatabase } from '../storage/test-server.js';

/** Where a suite's shops keep their data: its own PostgreSQL database, or embedded if there is no server. */
export interface ShopDatabase {
  readonly settings: Readonly<Record<string, string>>;
  /** Every tenant's rows, as no application sees them; undefined when embedded. */
  readonly query: (<Row>(text: string) => Promise<Row[]>) | undefined;
  /** The domains' roles stay: other databases, and those of an aborted run, may still depend on them. */
  drop(): Promise<void>;
}

export async function openShopDatabase(): Promise<ShopDatabase> {
  if (!serverIsThere) return { settings: {}, query: undefined, drop: async () => undefined };
  const database = await TestDatabase.create(undefined);
  return {
    settings: { DATABASE_URL: database.url },
    query: <Row>(text: string) => database.query(text) as Promise<Row[]>,
    drop: () => database.drop(),
  };
}
