/** A load that failed. {@link heldKeys} says what that means for the current keys. */
export interface LoadFailure {
  readonly type: 'load_failed';
  readonly source: string;
  readonly reason: string;
  /** Consecutive failures, this one included. */
  readonly failures: number;
  /** The age of the current keys; undefined if there are none. */
  readonly ageSeconds: number | undefined;
  /** The age beyond which they verify nothing; undefined for a source on this machine. */
  readonly maxAgeSeconds: number | undefined;
}

/** What a {@link KeyStore} reports to its owner, for logs and metrics. Contains no key material. */
export type KeyStoreEvent =
  /** After every successful load; `added` and `removed` are empty if nothing has changed. */
  | {
      readonly type: 'loaded';
      readonly keyIds: readonly string[];
      readonly added: readonly string[];
      readonly removed: readonly string[];
    }
  | LoadFailure
  /** Reported once, until the refused keys change. */
  | { readonly type: 'key_refused'; readonly keyId: string | undefined; readonly reason: string }
  | { readonly type: 'seed_loaded'; readonly keyIds: readonly string[]; readonly ageSeconds: number }
  | { readonly type: 'seed_failed'; readonly action: 'read' | 'write'; readonly reason: string };

/** What a failed load means for the current keys, as a log message. */
export function heldKeys({ ageSeconds, maxAgeSeconds }: LoadFailure): string {
  if (ageSeconds === undefined) return 'no token can be verified yet';
  if (maxAgeSeconds === undefined || ageSeconds < maxAgeSeconds / 2) return 'the current keys still verify tokens';
  if (ageSeconds > maxAgeSeconds) return `the current keys are older than ${inWords(maxAgeSeconds)} and verify nothing`;
  return `the current keys are ${inWords(ageSeconds)} old and verify tokens for another ${inWords(maxAgeSeconds - ageSeconds)}`;
}

function inWords(seconds: number): string {
  if (seconds < 120) return `${Math.floor(seconds)} s`;
  return seconds < 7200 ? `${Math.floor(seconds / 60)} min` : `${Math.floor(seconds / 3600)} h`;
}
