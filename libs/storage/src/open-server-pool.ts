import { AsyncLocalStorage } from 'node:async_hooks';
import { Logger } from '@nestjs/common';
import { Pool, types } from 'pg';
import { StorageError } from './storage-error.js';
import type { PoolOptions } from './storage.options.js';
import { valueParsers } from './value-parsers.js';

/** Milliseconds. */
const CONNECT_TIMEOUT = 5_000;
const STATEMENT_TIMEOUT = 10_000;
/** In addition to the statement's. The server gives up before we do, so that a slow query is cancelled. */
const ANSWER_GRACE = 2_000;
const IDLE_IN_TRANSACTION_GRACE = 5_000;

/** The context in which this module was loaded, outside any request. */
const outsideRequests = AsyncLocalStorage.snapshot();

const getTypeParser = ((oid: number, format?: 'text' | 'binary') =>
  (format !== 'binary' && valueParsers.get(oid)) || types.getTypeParser(oid, format)) as typeof types.getTypeParser;

/** Connections that start in `role`. Migrations have no time limit. */
export function openServerPool(
  url: string,
  options: PoolOptions & { readonly role?: string | undefined; readonly migrating?: boolean },
): Pool {
  const { size = 10, statementTimeoutMs = STATEMENT_TIMEOUT } = options;
  const { connectionString, ownOptions } = splitOptions(url);
  const settings = [ownOptions];
  if (options.role !== undefined) settings.push(`-c role=${options.role}`);
  if (!options.migrating) {
    settings.push(`-c statement_timeout=${statementTimeoutMs}`);
    settings.push(`-c idle_in_transaction_session_timeout=${statementTimeoutMs + IDLE_IN_TRANSACTION_GRACE}`);
  }
  const pool = new Pool({
    connectionString,
    options: settings.join(' ').trim(),
    max: options.migrating ? 1 : size,
    connectionTimeoutMillis: CONNECT_TIMEOUT,
    ...(options.migrating ? {} : { query_timeout: statementTimeoutMs + ANSWER_GRACE }),
    keepAlive: true,
    types: { getTypeParser },
  });
  // A connection that breaks is replaced at the next use. Without listeners it would end the process: the pool listens
  // to idle ones only, so those in use are listened to here, and their next query fails.
  // A connection was opened in the context of some request, but its loss belongs to no request.
  pool.on('error', (error) =>
    outsideRequests(() => new Logger('Storage').warn(`An idle database connection was lost: ${error.message}`)),
  );
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

/** `?options=` in the URL would replace ours, so send both. */
function splitOptions(url: string): { connectionString: string; ownOptions: string } {
  const parsed = URL.parse(url);
  if (!parsed || !/^postgres(ql)?:$/.test(parsed.protocol)) {
    throw new StorageError(
      'storage_misconfigured',
      'DATABASE_URL is no PostgreSQL URL: write postgres://user:password@host:5432/database, special characters percent-encoded.',
    );
  }
  const ownOptions = parsed.searchParams.get('options') ?? '';
  parsed.searchParams.delete('options');
  return { connectionString: parsed.href, ownOptions };
}
