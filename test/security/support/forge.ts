import { constants, createHmac, createPrivateKey, createPublicKey, type JsonWebKey, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import {
  InternalTokenError,
  InternalTokenVerifier,
  KeyStore,
  newTransactionId,
  type SigningAlgorithm,
  staticSource,
  type VerifiedClaims,
  type VerifierOptions,
} from '../../../libs/internal-token/src/core/index.js';

export const TRUST_DOMAIN = 'shop.example';
export const ISSUER = 'api_gateway';
/** Seconds: the time at which every token in these tests is checked. */
export const NOW = 1_790_000_000;

export type TestKey = JsonWebKey & { kid: string; alg: SigningAlgorithm };

const testKeys = (
  JSON.parse(readFileSync(new URL('../../vectors/test-only-private-keys.json', import.meta.url), 'utf8')) as {
    keys: TestKey[];
  }
).keys;

export function testKey(algorithm: SigningAlgorithm): TestKey {
  const key = testKeys.find(({ alg }) => alg === algorithm);
  if (key === undefined) throw new Error(`no test key for ${algorithm}`);
  return key;
}

export function publicPart(key: JsonWebKey): JsonWebKey {
  return {
    ...createPublicKey({ key, format: 'jwk' }).export({ format: 'jwk' }),
    kid: key['kid'],
    alg: key['alg'],
    use: 'sig',
  };
}

export const base64url = (data: string | Uint8Array): string => Buffer.from(data).toString('base64url');

/** A JWS signature by any key, whatever the header says. Independent of the library's own signer. */
export function signBytes(input: string, jwk: JsonWebKey, { digest = 'sha256', pss = false } = {}): Buffer {
  const key = createPrivateKey({ key: jwk, format: 'jwk' });
  const data = Buffer.from(input);
  if (jwk.kty === 'OKP') return sign(null, data, key);
  if (jwk.kty === 'EC') {
    const digests: Record<string, string> = { 'P-384': 'sha384', 'P-521': 'sha512' };
    return sign(digests[jwk.crv ?? ''] ?? digest, data, { key, dsaEncoding: 'ieee-p1363' });
  }
  const padding = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
  return sign(digest, data, pss ? { key, ...padding } : key);
}

export const hmac = (input: string, secret: string | Uint8Array, digest = 'sha256'): Buffer =>
  createHmac(digest, secret).update(input).digest();

/** An attacker who may write any token and have it signed by the gateway's own key. */
export class Forge {
  readonly key: TestKey;

  private constructor(
    readonly algorithm: SigningAlgorithm,
    readonly verifier: InternalTokenVerifier,
  ) {
    this.key = testKey(algorithm);
  }

  static async create(algorithm: SigningAlgorithm = 'ES256', options: Partial<VerifierOptions> = {}): Promise<Forge> {
    const keys = new KeyStore({ source: staticSource({ keys: testKeys.map(publicPart) }) });
    await keys.start();
    const forge = new Forge(
      algorithm,
      new InternalTokenVerifier({
        trustDomain: TRUST_DOMAIN,
        issuer: ISSUER,
        algorithms: [algorithm],
        keys,
        now: () => NOW * 1000,
        ...options,
      }),
    );
    // Proves that the token is good before it is tampered with; otherwise the tests below would show nothing.
    await forge.accept(forge.token());
    return forge;
  }

  header(changes: Record<string, unknown> = {}): string {
    return JSON.stringify({ alg: this.algorithm, typ: 'txntoken+jwt', kid: this.key.kid, ...changes });
  }

  payload(changes: Record<string, unknown> = {}): string {
    return JSON.stringify({
      iss: ISSUER,
      iat: NOW - 10,
      exp: NOW + 50,
      aud: TRUST_DOMAIN,
      txn: newTransactionId(),
      sub: 'user-7',
      scope: 'orders.write',
      req_wl: 'gateway',
      tctx: { tenant_id: 'acme', permissions: ['orders:write'], authenticated: true },
      rctx: {},
      ...changes,
    });
  }

  /** A correctly signed token with some claims or header members changed; `undefined` omits one. */
  token(claims: Record<string, unknown> = {}, header: Record<string, unknown> = {}): string {
    return this.signed(this.header(header), this.payload(claims));
  }

  /** A correctly signed token of any two texts. */
  signed(header: string | Uint8Array, payload: string | Uint8Array): string {
    const input = `${base64url(header)}.${base64url(payload)}`;
    return `${input}.${base64url(signBytes(input, this.key, { pss: this.algorithm === 'PS256' }))}`;
  }

  async accept(token: string): Promise<VerifiedClaims> {
    return this.verifier.verify(token);
  }

  /** The code with which a token is refused. Fails if it is accepted or if anything else is thrown. */
  async refusal(token: string): Promise<string> {
    try {
      await this.verifier.verify(token);
    } catch (error) {
      if (error instanceof InternalTokenError) return error.code;
      throw error;
    }
    throw new Error('the token was accepted');
  }
}
