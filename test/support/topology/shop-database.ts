import { serverIsThere, TestDatabase } from '../storage/test-server.js';

/** Where the shops of a suite keep their data: a PostgreSQL database of its own, or embedded where there is no server. */
export interface ShopDatabase {
  readonly settings: Readonly<Record<string, string>>;
  /** Every tenant's rows, as no application sees them; undefined when embedded. */
  readonly query: (<Row>(text: string) => Promise<Row[]>) | undefined;
  /** The roles of the domains stay: others, and what is left of a run that was killed, have rights to give up first. */
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
