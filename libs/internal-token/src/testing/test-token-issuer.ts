import { createPublicKey, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto';
import {
  ANONYMOUS_USER_ID,
  encodedToken,
  InternalTokenVerifier,
  type KeySource,
  KeyStore,
  type MintInput,
  newTransactionId,
  option,
  OptionPath,
  type Signer,
  staticSource,
  TokenMinter,
  type VerifiedClaims,
} from '../core/index.js';

/** Settings of a {@link TestTokenIssuer}: those of the application under test. */
export interface TestTokenIssuerOptions {
  /** Default `test`. */
  readonly trustDomain?: string;
  /** Default `api_gateway`. */
  readonly issuer?: string;
}

const checkOptions = option.group({
  trustDomain: option.withDefault('test', option.name('shop.example')),
  issuer: option.withDefault('api_gateway', option.name('api_gateway')),
} satisfies option.ChecksOf<TestTokenIssuerOptions>);

/** The content of a token; everything has a default. `{ authenticated: false }` makes an anonymous token. */
export type TestTokenInput = Partial<MintInput>;

/** Members that replace those of a token; `undefined` removes one. */
export interface ForgedParts {
  readonly header?: Readonly<Record<string, unknown>>;
  readonly payload?: Readonly<Record<string, unknown>>;
}

/**
 * Issues valid and invalid tokens for tests, signed with its own ES256 key.
 *
 * ```ts
 * const tokens = new TestTokenIssuer({ trustDomain: 'shop.example' });
 * // in a module that is built for the test:
 * InternalTokenModule.forRoot({ service: 'orders', trustDomain: 'shop.example', keys: tokens.keys });
 * // in an application that is imported unchanged:
 * builder.overrideProvider(InternalTokenVerifier).useValue(await tokens.verifier());
 * // a request:
 * request(server).get('/orders').set('Txn-Token', tokens.token({ permissions: ['orders:read'] }));
 * // a service outside any request:
 * context.run(tokens.claims({ tenantId: 'acme' }), () => service.list());
 * // a test that does not need tokens:
 * overrideInternalToken(builder, { userId: 'alice' });
 * ```
 */
export class TestTokenIssuer {
  /** For `InternalTokenModule.forRoot({ keys })`. */
  readonly keys: { readonly source: KeySource };
  readonly trustDomain: string;
  readonly issuer: string;
  readonly #privateKey: KeyObject;
  readonly #minter: TokenMinter;

  /** @throws InternalTokenError `configuration_invalid` */
  constructor(options: TestTokenIssuerOptions = {}) {
    const { trustDomain, issuer } = checkOptions(options, new OptionPath('TestTokenIssuer'));
    this.trustDomain = trustDomain;
    this.issuer = issuer;
    this.#privateKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const keyId = randomUUID();
    const jwk = createPublicKey(this.#privateKey).export({ format: 'jwk' });
    const publicJwk = { ...jwk, kty: 'EC', kid: keyId, alg: 'ES256', use: 'sig' } as const;
    const signer: Signer = { algorithm: 'ES256', keyId, publicJwk, sign: (bytes) => this.#sign(bytes) };
    this.keys = { source: staticSource({ keys: [publicJwk] }) };
    this.#minter = new TokenMinter({
      trustDomain: this.trustDomain,
      issuer: this.issuer,
      workload: 'test-gateway',
      signer,
    });
  }

  /** A verifier that accepts these tokens, ready to use. */
  async verifier(): Promise<InternalTokenVerifier> {
    const keys = new KeyStore(this.keys);
    await keys.start();
    return new InternalTokenVerifier({ trustDomain: this.trustDomain, issuer: this.issuer, keys });
  }

  /** Verified claims, for `InternalTokenContext.run()`. */
  claims(input: TestTokenInput = {}): VerifiedClaims {
    const principal =
      input.authenticated === false
        ? { userId: ANONYMOUS_USER_ID, permissions: [], scope: 'anonymous', authenticated: false }
        : { userId: 'test-user', tenantId: 'test-tenant', permissions: [], scope: 'test', authenticated: true };
    return this.#minter.mint({ tokenId: newTransactionId(), ...principal, ...input });
  }

  /** A valid token: the value of the request field `Txn-Token`. */
  token(input: TestTokenInput = {}): string {
    return encodedToken(this.claims(input)) as string;
  }

  /** A token issued an hour ago for a minute: refused as `txn_expired`. */
  expired(input: TestTokenInput = {}): string {
    const issuedAt = Math.floor(Date.now() / 1000) - 3600;
    return this.forged({ payload: { iat: issuedAt, exp: issuedAt + 60 } }, input);
  }

  /** A token issued by a clock that is an hour ahead: refused as `txn_not_yet_valid`. */
  notYetValid(input: TestTokenInput = {}): string {
    const issuedAt = Math.floor(Date.now() / 1000) + 3600;
    return this.forged({ payload: { iat: issuedAt, exp: issuedAt + 60 } }, input);
  }

  /** A token whose user was changed after it was signed: refused as `txn_signature`. */
  tampered(input: TestTokenInput = {}): string {
    const [header = '', payload = '', signature = ''] = this.token(input).split('.');
    return `${header}.${encode({ ...decode(payload), sub: 'somebody-else' })}.${signature}`;
  }

  /** A token for another trust domain: refused as `txn_audience`. */
  wrongAudience(input: TestTokenInput = {}): string {
    return this.forged({ payload: { aud: `not-${this.trustDomain}` } }, input);
  }

  /** A token from another issuer: refused as `txn_issuer`. */
  wrongIssuer(input: TestTokenInput = {}): string {
    return this.forged({ payload: { iss: `not-${this.issuer}` } }, input);
  }

  /** A token with the `typ` of an access token: refused as `txn_type`. */
  wrongType(input: TestTokenInput = {}): string {
    return this.forged({ header: { typ: 'at+jwt' } }, input);
  }

  /** A token signed with an unpublished key: refused as `txn_key_unknown`. */
  unknownKey(input: TestTokenInput = {}): string {
    const { trustDomain, issuer } = this;
    return new TestTokenIssuer({ trustDomain, issuer }).token(input);
  }

  /** A correctly signed token with arbitrary content, for refusals that have no method here. */
  forged({ header = {}, payload = {} }: ForgedParts, input: TestTokenInput = {}): string {
    const [realHeader = '', realPayload = ''] = this.token(input).split('.');
    const text = `${encode({ ...decode(realHeader), ...header })}.${encode({ ...decode(realPayload), ...payload })}`;
    return `${text}.${this.#sign(Buffer.from(text)).toString('base64url')}`;
  }

  #sign(bytes: Uint8Array): Buffer {
    return sign('sha256', bytes, { key: this.#privateKey, dsaEncoding: 'ieee-p1363' });
  }
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}

function decode(part: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>;
}
