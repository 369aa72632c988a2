import { createHash, createPublicKey, type JsonWebKey, verify } from 'node:crypto';
import { calculateJwkThumbprint, type JWK } from 'jose';
import {
  InternalTokenError,
  option,
  OptionPath,
  type PublicJwk,
  readSecretFile,
  type Signer,
} from '../../../core/index.js';
import type { SigningKey, SigningKeyProvider, SigningKeyState } from '../index.js';
import { pkcs11PublicKey } from './pkcs11-public-key.js';
import { Pkcs11Token } from './pkcs11-token.js';

/** A key pair in the HSM token. Its type determines the algorithm: ES256 for P-256, RS256 for RSA. */
export interface Pkcs11Key {
  /** CKA_LABEL of both halves. */
  readonly label: string;
  readonly state: SigningKeyState;
  /** See {@link SigningKey.activateAt}. */
  readonly activateAt?: number;
}

/** Settings of a {@link Pkcs11KeyProvider}. */
export interface Pkcs11Options {
  /** Path of the vendor's library: `/usr/lib/softhsm/libsofthsm2.so`. */
  readonly library: string;
  /** Label of the token. */
  readonly token: string;
  /** The user's PIN, or a function that reads it whenever a connection is made. Give either `pin` or `pinFile`. */
  readonly pin?: string | (() => string | Promise<string>);
  /** The path of a file that contains the PIN and that not everybody can write; read whenever a connection is made. */
  readonly pinFile?: string;
  /** The keys of the token to use, and their states. A function is called at each poll. */
  readonly keys: readonly Pkcs11Key[] | (() => readonly Pkcs11Key[] | Promise<readonly Pkcs11Key[]>);
  /** Number of concurrent signatures. Default 4. */
  readonly sessions?: number;
  /** Seconds between polls for changes. Default: 0 for a list of keys, set by the rotation policy for a function. */
  readonly pollSeconds?: number;
}

const checkOptions = option.group({
  library: option.text("the path of the vendor's library"),
  token: option.text('the label of the token'),
  pin: option.optional(
    option.secret(
      option.check<NonNullable<Pkcs11Options['pin']>>('the PIN, or a function that gives it', (given) =>
        ['string', 'function'].includes(typeof given),
      ),
    ),
  ),
  pinFile: option.optional(option.text('the path of a file that holds the PIN')),
  keys: option.check<Pkcs11Options['keys']>(
    'a list of { label, state }, or a function that gives one',
    (given) => Array.isArray(given) || typeof given === 'function',
  ),
  sessions: option.withDefault(4, option.wholeNumber(1, 64, 'sessions')),
  pollSeconds: option.optional(option.amount(0, 86_400, 'seconds')),
} satisfies option.ChecksOf<Pkcs11Options>);

/**
 * Keys in an HSM, over PKCS#11. They are generated in it and never leave it. Every token is signed there as soon as it
 * is minted. Needs the package `pkcs11js`, which is loaded only here.
 *
 * ```ts
 * InternalTokenIssuingModule.forIssuing({
 *   trustDomain: 'shop.example',
 *   signing: {
 *     ring: {
 *       provider: new Pkcs11KeyProvider({
 *         library: '/usr/lib/softhsm/libsofthsm2.so',
 *         token: 'internal-token',
 *         pinFile: '/run/secrets/hsm-pin',
 *         keys: [{ label: 'key-2026-03', state: 'active' }],
 *       }),
 *     },
 *   },
 * });
 * ```
 */
export class Pkcs11KeyProvider implements SigningKeyProvider {
  readonly description: string;
  readonly pollSeconds?: number;
  readonly #token: Pkcs11Token;
  readonly #keys: Pkcs11Options['keys'];
  /** By label. A signer stays the same object while its key is unchanged. */
  readonly #signers = new Map<string, Signer>();

  constructor(options: Pkcs11Options) {
    const at = new OptionPath('Pkcs11KeyProvider');
    const { library, token, pin, pinFile, keys, sessions, ...rest } = checkOptions(options, at);
    if ((pin === undefined) === (pinFile === undefined)) {
      throw at.member('pin').refused('and "pinFile" say the same; give exactly one of them');
    }
    this.description = `HSM token ${token}`;
    this.#keys = keys;
    const pollSeconds = rest.pollSeconds ?? (typeof keys === 'function' ? undefined : 0);
    if (pollSeconds !== undefined) this.pollSeconds = pollSeconds;
    const readPin = async (): Promise<string> => {
      if (pinFile !== undefined) return readSecretFile(pinFile);
      return typeof pin === 'function' ? pin() : (pin ?? '');
    };
    this.#token = new Pkcs11Token({ library, token, sessions, pin: async () => (await readPin()).trim() });
  }

  async load(): Promise<SigningKey[]> {
    const keys = typeof this.#keys === 'function' ? await this.#keys() : this.#keys;
    return Promise.all(keys.map((key) => this.#find(key)));
  }

  close(): Promise<void> {
    return this.#token.close();
  }

  async #find({ label, state, activateAt }: Pkcs11Key): Promise<SigningKey> {
    const jwk = await pkcs11PublicKey(this.#token, label);
    const publicJwk = await publish(jwk);
    const known = this.#signers.get(label);
    const unchanged = known?.keyId === publicJwk.kid;
    const signer = unchanged ? known : signerOf(this.#token, label, publicJwk);
    if (!unchanged && (state === 'active' || state === 'published')) await proveSigning(signer, label);
    this.#signers.set(label, signer);
    return { key: signer, state, ...(activateAt !== undefined && { activateAt }) };
  }
}

async function publish(jwk: JsonWebKey): Promise<PublicJwk> {
  const kid = await calculateJwkThumbprint(jwk as JWK);
  return Object.freeze({ kty: '', ...jwk, kid, alg: jwk.kty === 'EC' ? 'ES256' : 'RS256', use: 'sig' });
}

function signerOf(token: Pkcs11Token, label: string, publicJwk: PublicJwk): Signer {
  const { kid, alg, n = '' } = publicJwk;
  const elliptic = alg === 'ES256';
  const signatureBytes = elliptic ? 64 : Buffer.from(n, 'base64url').length;
  return Object.freeze({
    algorithm: alg,
    keyId: kid,
    publicJwk,
    asynchronous: true,
    sign: (bytes: Uint8Array) =>
      token.sign({
        label,
        signatureBytes,
        // An HSM signs a digest with ECDSA and returns r and s side by side, as JWS has them (PKCS#11, section 6.3.12).
        ...(elliptic
          ? { mechanism: 'CKM_ECDSA', data: createHash('sha256').update(bytes).digest() }
          : { mechanism: 'CKM_SHA256_RSA_PKCS', data: Buffer.from(bytes) }),
      }),
  });
}

/** Checks that the private and the public key match before a token is issued, since labels can be wrong. */
async function proveSigning(signer: Signer, label: string): Promise<void> {
  const probe = Buffer.from('key check');
  const key = createPublicKey({ key: signer.publicJwk, format: 'jwk' });
  const signature = await signer.sign(probe);
  if (!verify('sha256', probe, { key, dsaEncoding: 'ieee-p1363' }, signature)) {
    throw invalid(`the private and the public key "${label}" do not match`);
  }
}

function invalid(finding: string): InternalTokenError {
  return new InternalTokenError('configuration_invalid', `PKCS#11: ${finding}.`);
}
