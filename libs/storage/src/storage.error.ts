const STORAGE_FAILURES = {
  /** The database server does not answer. Retry later; the pool reconnects by itself. */
  storage_unavailable: 503,
  /** Another process holds the embedded database's directory. */
  storage_locked: 500,
  /** The database or its roles are not set up as row-level security needs it. */
  storage_misconfigured: 500,
  /** Our own code uses storage in a way that cannot work: a defect to fix, not to retry. */
  storage_misused: 500,
} as const;

export type StorageErrorCode = keyof typeof STORAGE_FAILURES;

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
