import { PortError } from '@app/contracts';
import { isAxiosError } from 'axios';

const UNREACHABLE = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL']);
/** System calls that precede a connection. */
const CONNECTING = new Set(['connect', 'getaddrinfo']);
const TOO_LATE = new Set(['ETIMEDOUT', 'ECONNABORTED', 'ERR_CANCELED']);

/** Translates a transport failure to a port error; returns any other error unchanged, such as a refused token. */
export function toTransportError(error: unknown, operation: string): unknown {
  if (!isAxiosError(error)) return error;
  const { cause } = error;
  // A refused request carries its reason inside, which is more precise than the client's error.
  if (cause !== undefined && 'status' in cause && 'code' in cause) {
    // The port's own deadline is the expiry of the token too, so both mean the same, whichever passes first.
    return cause.code === 'upstream_timeout' ? tooLate(operation) : cause;
  }
  const code = error.code ?? '';
  if (UNREACHABLE.has(code) && neverConnected(cause)) {
    return PortError.of('port_unreachable', `${operation} cannot be reached (${code}).`);
  }
  if (TOO_LATE.has(code)) return tooLate(operation);
  return PortError.of('port_interrupted', `The connection to ${operation} broke before the answer was complete.`);
}

/** True if the other side has seen nothing. A lost route ends established connections too, with the same codes. */
function neverConnected(cause: (NodeJS.ErrnoException & { readonly errors?: readonly Error[] }) | undefined): boolean {
  // One error for each address of the name.
  if (cause?.errors !== undefined) return cause.errors.every((error) => neverConnected(error));
  return CONNECTING.has(cause?.syscall ?? '');
}

function tooLate(operation: string): PortError {
  return PortError.of('port_timeout', `${operation} did not answer in time.`);
}
