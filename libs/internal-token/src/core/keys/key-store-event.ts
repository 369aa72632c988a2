/** A load that failed, and what that means for the keys that are held; {@link heldKeys} says it. */
export interface LoadFailure {
  readonly type: 'load_failed';
  readonly source: string;
  readonly reason: string;
  /** How many in a row. */
  readonly failures: number;
  /** Of the keys that are held; undefined if there are none. */
  readonly ageSeconds: number | undefined;
  /** Beyond which they verify nothing; undefined for a source on this machine. */
  readonly maxAgeSeconds: number | undefined;
}

/** What a {@link KeyStore} tells its owner, to be logged and counted. Holds no key material. */
export type KeyStoreEvent =
  /** After every load that succeeds; `added` and `removed` are empty where nothing has changed. */
  | {
      readonly type: 'loaded';
      readonly keyIds: readonly string[];
      readonly added: readonly string[];
      readonly removed: readonly string[];
    }
  | LoadFailure
  /** Told once for as long as the source keeps giving the same. */
  | { readonly type: 'key_refused'; readonly keyId: string | undefined; readonly reason: string }
  | { readonly type: 'seed_loaded'; readonly keyIds: readonly string[]; readonly ageSeconds: number }
  | { readonly type: 'seed_failed'; readonly action: 'read' | 'write'; readonly reason: string };

/** What a failed load means for the keys that are held, in words for a log. */
export function heldKeys({ ageSeconds, maxAgeSeconds }: LoadFailure): string {
  if (ageSeconds === undefined) return 'no token can be verified yet';
  if (maxAgeSeconds === undefined || ageSeconds < maxAgeSeconds / 2) return 'the keys held go on verifying';
  if (ageSeconds > maxAgeSeconds) return `the keys held are older than ${inWords(maxAgeSeconds)} and verify nothing`;
  return `the keys held are ${inWords(ageSeconds)} old and verify for ${inWords(maxAgeSeconds - ageSeconds)} more`;
}

function inWords(seconds: number): string {
  if (seconds < 120) return `${Math.floor(seconds)} s`;
  return seconds < 7200 ? `${Math.floor(seconds / 60)} min` : `${Math.floor(seconds / 3600)} h`;
}
