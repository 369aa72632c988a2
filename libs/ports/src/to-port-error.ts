import { PortError } from '@app/contracts';
import { InternalTokenError } from 'nestjs-internal-token';

/**
 * The error as it crosses the port: code, status and detail only. Undefined for a failure that is not meant for the
 * caller, such as a 500 of any other library.
 */
export function toPortError(error: unknown): PortError | undefined {
  if (error instanceof PortError || error instanceof InternalTokenError) {
    return new PortError(error.code, error.status, error.detail);
  }
  if (isTypedError(error) && error.status !== 500) return new PortError(error.code, error.status, error.detail);
  return undefined;
}

/** The shape that the errors of our libraries share; this library does not import those of storage. */
function isTypedError(error: unknown): error is { code: string; status: number; detail: string } {
  if (!(error instanceof Error)) return false;
  const { code, status, detail } = error as { code?: unknown; status?: unknown; detail?: unknown };
  return (
    typeof code === 'string' &&
    /^[a-z]+(_[a-z]+)+$/.test(code) &&
    Number.isInteger(status) &&
    (status as number) >= 400 &&
    (status as number) < 600 &&
    typeof detail === 'string'
  );
}
