import { PortError } from '@app/contracts';
import { isAxiosError } from 'axios';

const UNREACHABLE = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL']);
/** What was tried while there was no connection yet. */
const CONNECTING = new Set(['connect', 'getaddrinfo']);
const TOO_LATE = new Set(['ETIMEDOUT', 'ECONNABORTED', 'ERR_CANCELED']);

/** The failure of a transport in the words of a port; any other error as it is (a token that may not be sent, say). */
export function toTransportError(error: unknown, operation: string): unknown {
  if (!isAxiosError(error)) return error;
  const { cause } = error;
  // The reason of a refused request travels inside: whoever destroyed it knew better than the client.
  if (cause !== undefined && 'status' in cause && 'code' in cause) {
    // The port's own deadline ends with the token too, in the same millisecond: one meaning, whichever strikes first.
    return cause.code === 'upstream_timeout' ? tooLate(operation) : cause;
  }
  const code = error.code ?? '';
  if (UNREACHABLE.has(code) && neverConnected(cause)) {
    return PortError.of('port_unreachable', `${operation} cannot be reached (${code}).`);
  }
  if (TOO_LATE.has(code)) return tooLate(operation);
  return PortError.of('port_interrupted', `The connection to ${operation} broke before the answer was complete.`);
}

/** The other side has seen nothing. A route that is lost ends established connections too, with the same codes. */
function neverConnected(cause: (NodeJS.ErrnoException & { readonly errors?: readonly Error[] }) | undefined): boolean {
  // One for each address of the name.
  if (cause?.errors !== undefined) return cause.errors.every((error) => neverConnected(error));
  return CONNECTING.has(cause?.syscall ?? '');
}

function tooLate(operation: string): PortError {
  return PortError.of('port_timeout', `${operation} did not answer in time.`);
}
