const STORAGE_FAILURES = {
  /** A value that the database cannot hold (a NUL in a text, a number out of range): the caller's input. */
  storage_value_invalid: 400,
  /** A write by a caller without a tenant: anonymous, or a user for whom the identity provider names none. */
  tenant_required: 403,
  /** The database does not answer, or not in time. Retry later; the pool reconnects by itself. */
  storage_unavailable: 503,
  /** Another process has locked the directory of the embedded database. */
  storage_locked: 500,
  /** The database or its roles are not set up as row-level security needs it. */
  storage_misconfigured: 500,
  /** Our own code uses storage in a way that cannot work: a defect to fix, not to retry. */
  storage_misused: 500,
} as const;

export type StorageErrorCode = keyof typeof STORAGE_FAILURES;

/** Errors of storage itself. Violated constraints are errors of the driver, with PostgreSQL's SQLSTATE as `code`. */
export class StorageError extends Error {
  override readonly name = 'StorageError';
  readonly status: number;

  constructor(
    readonly code: StorageErrorCode,
    readonly detail: string,
    options?: ErrorOptions,
  ) {
    super(`${code}: ${detail}`, options);
    this.status = STORAGE_FAILURES[code];
  }
}
