/** SQLSTATE: a constraint is violated. The domain decides what that means; unhandled, it fails the request. */
const CONFLICT = /^23...$/;

/**
 * What a log may contain of a database error: its type and its code. Its message and its detail may quote user input
 * (`invalid input syntax for type integer: "…"`), so nothing else is copied.
 */
export class ValueFreeError extends Error {
  override readonly name: string;
  /** PostgreSQL's SQLSTATE, the system's name for a network failure, or a domain's own code. */
  readonly code?: string;
  /** The matching HTTP status, if it is known. */
  readonly status?: number;

  /** @param what failed */
  constructor(what: string, error: unknown, status?: number) {
    const given = (error ?? {}) as { name?: unknown; code?: unknown; status?: unknown };
    const code = typeof given.code === 'string' && /^\w{1,64}$/.test(given.code) ? given.code : undefined;
    super(code === undefined ? what : `${what}: ${code}`);
    this.name = typeof given.name === 'string' && /^\w{1,64}$/.test(given.name) ? given.name : 'Error';
    if (code !== undefined) this.code = code;
    const known = status ?? (typeof given.status === 'number' ? given.status : undefined);
    if (known !== undefined) this.status = known;
    else if (code !== undefined && CONFLICT.test(code)) this.status = 409;
  }
}
