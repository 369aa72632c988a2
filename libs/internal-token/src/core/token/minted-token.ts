import type { Signer } from './signer.js';
import type { TokenSource } from './verified-claims.js';

/** One minted token. It is signed once, when its text is first asked for. */
export class MintedToken implements TokenSource {
  readonly keyId: string;
  #unsigned: string | undefined;
  #encoded: string | Promise<string> | undefined;

  constructor(
    private readonly signer: Signer,
    unsigned: string,
    private readonly onSigned: () => void,
  ) {
    this.keyId = signer.keyId;
    this.#unsigned = unsigned;
  }

  encode(): string | Promise<string> {
    return (this.#encoded ??= this.#sign(this.#unsigned ?? ''));
  }

  #sign(unsigned: string): string | Promise<string> {
    const signature = this.signer.sign(Buffer.from(unsigned, 'latin1'));
    if (signature instanceof Uint8Array) return this.#finish(unsigned, signature);
    return signature.then(
      (bytes) => (this.#encoded = this.#finish(unsigned, bytes)),
      (error: unknown) => {
        // Nothing was signed, so the next call may try again.
        this.#encoded = undefined;
        throw error;
      },
    );
  }

  #finish(unsigned: string, signature: Uint8Array): string {
    const { buffer, byteOffset, byteLength } = signature;
    this.#unsigned = undefined;
    this.onSigned();
    return `${unsigned}.${Buffer.from(buffer, byteOffset, byteLength).toString('base64url')}`;
  }
}
