import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  DummyDriver,
  type QueryResult,
  Transaction,
} from 'kysely';
import type { SpanSpec, Tracer } from 'nestjs-internal-token';
import { nameDriverFailure } from './driver-failure.js';
import { nameStatement } from './statement-name.js';
import { StorageError } from './storage-error.js';
import { ValueFreeError } from './value-free-error.js';

const DATABASE = { kind: 'client', peer: 'postgresql' } as const;

/**
 * Opens the spans of a domain's database work: one for each transaction and each statement in it. They name kinds and
 * tables, never the text of a statement or a value. Beginning, binding to the tenant, ending and waiting for a
 * connection count as time of the transaction.
 */
export class DatabaseSpans {
  readonly #transaction: SpanSpec;

  constructor(
    private readonly tracer: Tracer,
    private readonly domain: string,
    private readonly detail: 'transactions' | 'statements' = 'statements',
  ) {
    this.#transaction = { ...DATABASE, op: `${domain} transaction`, db: 'transaction' };
  }

  transaction<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.tracer.run(this.#transaction, async (span) => {
      try {
        return await work();
      } catch (error) {
        span.fail(new ValueFreeError('rolled back', error));
        throw error;
      }
    });
  }

  /** The same transaction, with spans for its statements if they are configured. */
  watch<Schema>(trx: Transaction<Schema>, dialect: Dialect): Transaction<Schema> {
    if (this.detail === 'transactions') return trx;
    const executor = trx.getExecutor();
    const watched = executor.withConnectionProvider({
      // Statements of one transaction wait for each other, so a span begins when the statement's turn comes.
      provideConnection: (consumer, options) =>
        executor.provideConnection((connection) => consumer(this.#watchConnection(connection)), options),
    });
    // The driver is only needed to begin and end transactions, and this one has begun.
    return new Transaction({ config: { dialect }, dialect, driver: new DummyDriver(), executor: watched });
  }

  /** All other members of a connection are unchanged; methods are bound, since they use private members. */
  #watchConnection(connection: DatabaseConnection): DatabaseConnection {
    return new Proxy(connection, {
      get: (target, name) => {
        if (name === 'executeQuery') {
          return <Row>(query: CompiledQuery<Row>, ...options: []) =>
            this.#statement(query, () => target.executeQuery<Row>(query, ...options));
        }
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
  }

  async #statement<Row>(
    { query }: CompiledQuery<Row>,
    execute: () => Promise<QueryResult<Row>>,
  ): Promise<QueryResult<Row>> {
    const { kind, table } = nameStatement(query);
    const span = this.tracer.open({ ...DATABASE, op: table === undefined ? kind : `${kind} ${table}`, db: kind });
    try {
      const result = await execute();
      span.end('ok');
      return result;
    } catch (error) {
      const named = nameDriverFailure(error, this.domain);
      span.fail(new ValueFreeError('refused', error, named instanceof StorageError ? named.status : undefined));
      span.end('error');
      throw error;
    }
  }
}
