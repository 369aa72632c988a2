import { types } from 'node:util';
import { StorageError } from './storage-error.js';
import { ValueFreeError } from './value-free-error.js';

const NETWORK = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT', // a Unix socket that does not exist
]);

/** SQLSTATE: connection exceptions, shutdown and crash, too many connections, time-outs, idle too long. */
const SERVER_GONE = /^(08...|57P0[1-5]|57014|53300|25P03)$/;

/** SQLSTATE: the login is refused, or the database does not exist or accepts no connections. */
const LOGIN_REFUSED = /^(28...|3D000|55000)$/;

/** pg reports these only by their message. */
const CONNECTION_LOST =
  /^(Connection terminated|timeout exceeded when trying to connect|Query read timeout|Client has encountered a connection error|Client was closed)/;

/** SQLSTATE: too long, out of range, NUL or invalid text, invalid dates. Not 22012: we divided by zero ourselves. */
const VALUE_REFUSED = new Set(['22001', '22003', '22007', '22008', '22021', '22P02', '22P05']);

/** SQLSTATE of other errors whose message may quote a value: a time zone or unit (22023), search terms (42601). */
const MAY_QUOTE = /^(22...|42601)$/;

/** SQLSTATE: refused by a policy, or by the tenant column, which has no default without a tenant. */
const NEEDS_TENANT = new Set(['42501', '23502']);

/**
 * Translates the various errors of the drivers to storage errors. Any other error is returned unchanged, unless its
 * message may quote user input, since errors are logged.
 */
export function nameDriverFailure(error: unknown, place: string, tenant: 'tenant' | 'no tenant' = 'tenant'): unknown {
  // Not instanceof: in a test, network errors come from another realm.
  if (!types.isNativeError(error) || error instanceof StorageError) return error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if ([SERVER_GONE, LOGIN_REFUSED].some((codes) => codes.test(code)) || isUnreachable(error, code)) {
    return new StorageError('storage_unavailable', `The database of ${place} does not answer; try again later.`, {
      cause: error,
    });
  }
  if (VALUE_REFUSED.has(code)) {
    // PostgreSQL quotes the value in its message, and causes are logged.
    const cause = new ValueFreeError('refused', error);
    return new StorageError('storage_value_invalid', 'A value cannot be stored as it is.', { cause });
  }
  if (MAY_QUOTE.test(code)) return new ValueFreeError('refused', error);
  if (tenant === 'no tenant' && NEEDS_TENANT.has(code)) {
    return new StorageError('tenant_required', 'Only a user who belongs to a tenant can do this.', { cause: error });
  }
  return error;
}

/** The same while the application starts, with the reason of the driver for the operator. */
export function nameStartFailure(error: unknown, place: string): unknown {
  const named = nameDriverFailure(error, place);
  if (!(named instanceof StorageError) || named === error) return error;
  const { message, code } = named.cause as NodeJS.ErrnoException;
  // The error for several addresses of one name (AggregateError) has a code but no message.
  const reason = message || code;
  return LOGIN_REFUSED.test(code ?? '')
    ? new StorageError('storage_misconfigured', `DATABASE_URL is refused by the server: ${reason}`, { cause: error })
    : new StorageError(named.code, `The database of ${place} does not answer (${reason}). Check DATABASE_URL.`, {
        cause: error,
      });
}

function isUnreachable(error: Error, code: string): boolean {
  return NETWORK.has(code) || CONNECTION_LOST.test(error.message);
}
