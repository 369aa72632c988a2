/** SQLSTATE: a constraint is violated. What that means is the domain's to say; unhandled it fails the request anyway. */
const CONFLICT = /^23...$/;

/**
 * What a log may say of an error of the database: its type and its code, by which a reader can look up the rest. Its
 * message may quote what somebody typed (`invalid input syntax for type integer: "…"`), and so may its detail: nothing
 * else is taken over.
 */
export class ValueFreeError extends Error {
  override readonly name: string;
  /** PostgreSQL's SQLSTATE, the system's name for a network failure, or a domain's own code. */
  readonly code?: string;
  /** The HTTP status that it stands for, where that is known. */
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
