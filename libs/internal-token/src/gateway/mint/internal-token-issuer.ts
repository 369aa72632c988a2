import {
  type JsonWebKeySet,
  type KeySource,
  type MintInput,
  TokenMinter,
  type TokenMinterOptions,
  type VerifiedClaims,
} from '../../core/index.js';
import type { KeyRing } from '../key-ring/index.js';

/** Issues internal tokens, one per external request. Exists only in the gateway. */
export class InternalTokenIssuer {
  readonly #minter: TokenMinter;
  readonly #ring: KeyRing;

  /** @param ring its active key signs */
  constructor(ring: KeyRing, options: Omit<TokenMinterOptions, 'signer'>) {
    this.#minter = new TokenMinter({ ...options, signer: () => ring.active });
    this.#ring = ring;
  }

  /** The key source for the verifier in the same process: pass it to `InternalTokenModule` as `keys`. */
  get keys(): { readonly source: KeySource } {
    return {
      source: {
        description: 'own key ring',
        local: true,
        load: () => Promise.resolve(this.publicJwks()),
        onChange: (listener) => this.#ring.onChange(listener),
      },
    };
  }

  /** Number of tokens issued so far. */
  get minted(): number {
    return this.#minter.minted;
  }

  /** Number of signatures made so far. A token that never leaves the process is not signed. */
  get signed(): number {
    return this.#minter.signed;
  }

  /** The maximum lifetime of a token. */
  get lifetimeSeconds(): number {
    return this.#minter.lifetimeSeconds;
  }

  /** True if the key is held elsewhere (KMS, HSM). Sign the token as soon as it is issued then. */
  get asynchronous(): boolean {
    return this.#ring.active.asynchronous === true;
  }

  /**
   * Fixes the claims of a request, which are verified at once. The token is signed when it first leaves the process.
   * @throws InternalTokenError `txn_mint_refused`, `txn_too_large`
   */
  mint(input: MintInput): VerifiedClaims {
    return this.#minter.mint(input);
  }

  /** The public part of every key that signs, will sign, or has signed tokens that are still valid. */
  publicJwks(): JsonWebKeySet {
    return this.#ring.publicJwks();
  }
}
