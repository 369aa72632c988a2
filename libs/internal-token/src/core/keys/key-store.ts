import type { KeySource } from './key-source.js';
import type { VerificationKey } from './verification-key.js';

/** What a {@link KeyStore} tells its owner, to be logged and counted. Holds no key material. */
export type KeyStoreEvent =
  | { readonly type: 'loaded'; readonly keyIds: readonly string[] }
  | { readonly type: 'load_failed'; readonly reason: string }
  | { readonly type: 'key_refused'; readonly keyId: string | undefined; readonly reason: string };

/** Settings of a {@link KeyStore}. */
export interface KeyStoreOptions {
  readonly source: KeySource;
  readonly onEvent?: (event: KeyStoreEvent) => void;
  /** Milliseconds of a monotonic clock. Default `performance.now`. */
  readonly clock?: () => number;
}

/** The public keys that verify tokens. Lookups never wait. */
export class KeyStore {
  constructor(_options: KeyStoreOptions) {
    throw new Error('not yet');
  }

  /** True once a usable key is held; never false again. */
  get ready(): boolean {
    return false;
  }

  /** Resolves after the first attempt to load, successful or not; attempts go on in the background until one succeeds. */
  async start(): Promise<void> {}

  /** Resolves once {@link ready}. */
  async whenReady(): Promise<void> {}

  find(_keyId: string): VerificationKey | undefined {
    return undefined;
  }

  /** For an unknown key id: undefined if no refresh may be made for it now, else what one gives within a second. */
  findAfterRefresh(_keyId: string): Promise<VerificationKey | undefined> | undefined {
    return undefined;
  }

  /** Loads the keys now; concurrent callers share one load. Never rejects: failures are events. */
  async refresh(): Promise<void> {}

  /** Ends background work. */
  close(): void {}
}
