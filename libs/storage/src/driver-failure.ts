import { types } from 'node:util';
import { StorageError } from './storage.error.js';

const NETWORK = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT', // a Unix socket that is not there
]);

/** SQLSTATE: connection exceptions, shutdown and crash, too many connections, cancelled by a time-out, idle too long. */
const SERVER_GONE = /^(08...|57P0[1-5]|57014|53300|25P03)$/;

/** pg says these with words only. */
const CONNECTION_LOST =
  /^(Connection terminated|timeout exceeded when trying to connect|Query read timeout|Client has encountered a connection error|Client was closed)/;

/** SQLSTATE: too long, out of range, NUL or invalid text, invalid dates. Not 22012: we divided by zero ourselves. */
const VALUE_REFUSED = new Set(['22001', '22003', '22007', '22008', '22021', '22P02', '22P05']);

/** SQLSTATE: refused by a policy, or by the tenant's column, which has no default then. */
const NEEDS_TENANT = new Set(['42501', '23502']);

/** Names what the drivers report in many ways; any other error passes through as it is. */
export function nameDriverFailure(error: unknown, place: string, tenant: 'tenant' | 'no tenant' = 'tenant'): unknown {
  // Not instanceof: in a test's own realm, errors of the network stem from another one.
  if (!types.isNativeError(error) || error instanceof StorageError) return error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (NETWORK.has(code) || SERVER_GONE.test(code) || CONNECTION_LOST.test(error.message)) {
    return new StorageError('storage_unavailable', `The database of ${place} does not answer; try again later.`, {
      cause: error,
    });
  }
  if (VALUE_REFUSED.has(code)) {
    return new StorageError('storage_value_invalid', 'A value cannot be stored as it is.', { cause: error });
  }
  if (tenant === 'no tenant' && NEEDS_TENANT.has(code)) {
    return new StorageError('tenant_required', 'Only a user who belongs to a tenant can do this.', { cause: error });
  }
  return error;
}
