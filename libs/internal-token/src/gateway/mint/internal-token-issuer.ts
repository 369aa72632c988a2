import type { JsonWebKeySet, KeySource, MintInput, TokenMinter, VerifiedClaims } from '../../core/index.js';
import type { KeyRing } from '../key-ring/index.js';

/** Issues internal tokens: one per request that enters. Lives in the gateway and nowhere else. */
export class InternalTokenIssuer {
  readonly #minter: TokenMinter;
  readonly #ring: KeyRing;

  /** @param ring the one whose active key the minter signs with */
  constructor(minter: TokenMinter, ring: KeyRing) {
    this.#minter = minter;
    this.#ring = ring;
  }

  /** What this process' own verifier reads: `InternalTokenModule`'s `keys` in a gateway. */
  get keys(): KeySource {
    return {
      description: 'own key ring',
      local: true,
      load: () => Promise.resolve(this.publicJwks()),
      onChange: (listener) => this.#ring.onChange(listener),
    };
  }

  /** Tokens issued so far. */
  get minted(): number {
    return this.#minter.minted;
  }

  /** Signatures made so far: none for a token that never left the process. */
  get signed(): number {
    return this.#minter.signed;
  }

  /** How long a token lives from its issue, at most. */
  get lifetimeSeconds(): number {
    return this.#minter.lifetimeSeconds;
  }

  /** True where the key lives elsewhere (KMS, HSM): the token is then to be signed as soon as it is issued. */
  get asynchronous(): boolean {
    return this.#ring.active.asynchronous === true;
  }

  /**
   * Fixes the claims of a request. They are verified claims at once; the token is signed when it first leaves.
   * @throws InternalTokenError `txn_mint_refused`, `txn_too_large`
   */
  mint(input: MintInput): VerifiedClaims {
    return this.#minter.mint(input);
  }

  /** The public half of every key that signs, will sign or has signed tokens that are still good. */
  publicJwks(): JsonWebKeySet {
    return this.#ring.publicJwks();
  }
}
