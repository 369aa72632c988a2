import { randomBytes } from 'node:crypto';
import { Client, type DatabaseError } from 'pg';

const OBJECT_IN_USE = '55006';
const ADMIN_URL = process.env['TEST_DATABASE_URL'] ?? 'postgres://postgres@127.0.0.1:5432/postgres';

/** Whether a PostgreSQL is available. Without one it prints a warning, or fails under REQUIRE_SERVICES=1. */
export const serverIsThere: boolean = await reach();

async function reach(): Promise<boolean> {
  try {
    await asAdmin(async () => undefined);
    return true;
  } catch (cause) {
    const { host } = new URL(ADMIN_URL);
    if (process.env['REQUIRE_SERVICES'] === '1') throw new Error(`No PostgreSQL at ${host}.`, { cause });
    process.stderr.write(
      `\n!!! SKIPPED: no PostgreSQL at ${host}; row-level security is proven on PGlite only. !!!\n\n`,
    );
    return false;
  }
}

export const describeServer: typeof describe = serverIsThere ? describe : describe.skip;

/** Lower case and digits: valid in names of databases, roles and schemas. */
export function uniqueName(stem: string): string {
  return `${stem}_${randomBytes(5).toString('hex')}`;
}

/** A database of its own with a login of its own. */
export class TestDatabase {
  private constructor(
    private readonly login: string | undefined,
    readonly name: string,
  ) {}

  /** @param attributes of the login; undefined logs in as the superuser */
  static async create(attributes: string | undefined): Promise<TestDatabase> {
    const database = new TestDatabase(attributes === undefined ? undefined : uniqueName('login'), uniqueName('test'));
    const { login, name } = database;
    await asAdmin(async (admin) => {
      if (login !== undefined) await admin.query(`create role ${login} login ${attributes}`);
      // From template0, to which nobody may connect: PostgreSQL does not copy a template that has connections.
      const owner = login === undefined ? '' : `owner ${login}`;
      await admin.query(`create database ${name} ${owner} template template0`);
    });
    return database;
  }

  get url(): string {
    return this.#urlFor(this.login);
  }

  get loginName(): string {
    return this.login ?? new URL(ADMIN_URL).username;
  }

  /** As the superuser, inside this database. */
  query(text: string): Promise<unknown[]> {
    return asAdmin(async (admin) => (await admin.query<Record<string, unknown>>(text)).rows, this.#urlFor(undefined));
  }

  /** @param domains whose roles are dropped too */
  async drop(...domains: string[]): Promise<void> {
    await asAdmin(async (admin) => {
      await dropDatabase(admin, this.name);
      for (const domain of domains) await admin.query(`drop role if exists ${domain}_app, ${domain}_idle`);
      if (this.login !== undefined) await admin.query(`drop role ${this.login}`);
    });
  }

  #urlFor(login: string | undefined): string {
    const url = new URL(ADMIN_URL);
    if (login !== undefined) url.username = login;
    url.pathname = `/${this.name}`;
    return url.href;
  }
}

/** The server ends open connections, and gives up if one has not ended after five seconds. */
async function dropDatabase(admin: Client, name: string): Promise<void> {
  for (;;) {
    try {
      return void (await admin.query(`drop database ${name} with (force)`));
    } catch (error) {
      if ((error as DatabaseError).code !== OBJECT_IN_USE) throw error;
    }
  }
}

async function asAdmin<T>(work: (admin: Client) => Promise<T>, url: string = ADMIN_URL): Promise<T> {
  const admin = new Client({ connectionString: url, connectionTimeoutMillis: 60_000 });
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.end();
  }
}
