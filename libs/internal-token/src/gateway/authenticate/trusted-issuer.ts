import {
  type CompactJws,
  type InternalTokenError,
  jwksFileSource,
  jwksUriSource,
  type KeySource,
  KeyStore,
  type KeyStoreEvent,
  type OptionPath,
  type SignatureFault,
  type VerificationKey,
  withSigningKey,
} from '../../core/index.js';
import type { Principal } from './principal.js';
import { invalidToken, providerUnavailable } from './access-token-refusals.js';
import { discoverySource } from './discovery-source.js';
import { IntrospectionClient } from './introspection-client.js';
import type { ResolvedIssuer } from './resolve-issuers.js';
import { withAlgorithm } from './with-algorithm.js';
import { mediaType } from './media-type.js';
import { PrincipalCache } from './principal-cache.js';
import { type ClaimsKind, PrincipalMapper } from './principal-mapper.js';
import { RefusedTokens } from './refused-tokens.js';

export interface TrustedIssuerOptions {
  readonly settings: ResolvedIssuer;
  /** For messages: `accessTokens.issuers[0]`. */
  readonly at: OptionPath;
  readonly otherNamespaces: readonly string[];
  readonly allowInsecureLoopback: boolean;
  readonly minimumRemainingSeconds: number;
  readonly maxEntries: number;
  readonly maxBytes: number;
  readonly introspectionSeconds: number;
  readonly keyRefreshSeconds: number;
  readonly onKeyEvent: (event: KeyStoreEvent) => void;
  /** Seconds since the epoch. */
  readonly now: () => number;
}

/** Look-ups of different tokens that may wait for one issuer; further ones are refused. */
const MAX_LOOKUPS = 256;
/** Header members that bring a key or change what is signed; none of them is needed with a configured key set. */
const REFUSED_HEADERS = ['crit', 'b64', 'zip', 'enc', 'jwk', 'jku', 'x5u', 'x5c'];

/** One accepted issuer: its keys, its introspection endpoint and the cache of its tokens. */
export class TrustedIssuer {
  readonly settings: ResolvedIssuer;
  readonly cache: PrincipalCache;
  readonly #keys: KeyStore | undefined;
  readonly #introspection: IntrospectionClient | undefined;
  readonly #mapper: PrincipalMapper;
  #started = false;
  readonly #lookups = new Map<string, Promise<Principal>>();
  readonly #refused = new RefusedTokens();

  constructor(private readonly options: TrustedIssuerOptions) {
    const { settings, at, otherNamespaces, minimumRemainingSeconds, keyRefreshSeconds, onKeyEvent } = options;
    const { maxKeyAgeSeconds } = settings;
    this.settings = settings;
    const source = keySource(settings, options.allowInsecureLoopback);
    this.#keys =
      source && new KeyStore({ source, refreshSeconds: keyRefreshSeconds, maxKeyAgeSeconds, onEvent: onKeyEvent });
    this.#introspection =
      settings.introspection && new IntrospectionClient(settings.introspection, at.member('introspection'));
    this.#mapper = new PrincipalMapper(settings, otherNamespaces, minimumRemainingSeconds);
    this.cache = new PrincipalCache(
      options,
      (key) => this.#keys?.ready === true && this.#keys.find(key.keyId) === key,
      (expiresAt, now) => this.#mapper.hasLifeLeft(expiresAt, now),
    );
  }

  get ready(): boolean {
    return this.#started && (this.#keys?.ready ?? true);
  }

  async start(): Promise<void> {
    await Promise.all([this.#keys?.start(), this.#introspection?.start()]);
    this.#started = true;
  }

  async reloadKeys(): Promise<boolean> {
    return (await this.#keys?.reload()) ?? true;
  }

  close(): void {
    this.#keys?.close();
    this.#introspection?.close();
  }

  /** Verifies a well-formed JWT that names this issuer. A promise only if it has to load keys or to introspect. */
  authenticateJwt(raw: string, tokenHash: string, jws: CompactJws): Principal | Promise<Principal> {
    const { algorithm, keyId, kind } = this.#checkHeader(jws);
    if (this.#keys === undefined) return this.introspect(raw, tokenHash);
    if (!this.#keys.ready) throw providerUnavailable('the keys of the issuer are not loaded, or too old');
    if (typeof keyId !== 'string' || keyId === '' || keyId.length > 128)
      throw invalidToken('the kid is missing or not a short string');
    const { signingInput, signature, payload } = jws;
    const accept = (key: VerificationKey): Principal => {
      const principal = this.#mapper.map(payload, this.options.now(), kind);
      this.cache.set(tokenHash, principal, principal.expiresAt, key);
      return principal;
    };
    return withSigningKey(this.#keys, { keyId, algorithm, signingInput, signature }, accept, refusalOf);
  }

  /** Looks up a token that only the issuer can read. Requests with the same token share one look-up. */
  introspect(raw: string, tokenHash: string): Promise<Principal> {
    const running = this.#lookups.get(tokenHash);
    if (running !== undefined) return running;
    if (this.#introspection === undefined) throw invalidToken('the issuer is not introspected');
    const refusal = this.#refused.find(tokenHash, this.options.now());
    if (refusal !== undefined) throw refusal;
    if (this.#lookups.size >= MAX_LOOKUPS) throw providerUnavailable('too many introspections are waiting');
    const lookup = this.#lookUp(this.#introspection, raw, tokenHash).finally(() => this.#lookups.delete(tokenHash));
    this.#lookups.set(tokenHash, lookup);
    return lookup;
  }

  #checkHeader({ header }: CompactJws): { algorithm: string; keyId: unknown; kind: ClaimsKind } {
    const { algorithms, types } = this.settings;
    const { alg, typ, kid } = header;
    if (typeof alg !== 'string' || !algorithms.has(alg)) throw invalidToken('the algorithm is not accepted');
    if (typ !== undefined && (typeof typ !== 'string' || typ === '')) throw invalidToken('typ is not a media type');
    const type = mediaType(typ ?? '');
    if (!types.has(type)) throw invalidToken('typ is not that of an access token');
    const refused = REFUSED_HEADERS.find((name) => Object.hasOwn(header, name));
    if (refused !== undefined) throw invalidToken(`header ${refused} is not accepted`);
    return { algorithm: alg, keyId: kid, kind: type === 'at+jwt' ? type : 'jwt' };
  }

  async #lookUp(client: IntrospectionClient, raw: string, tokenHash: string): Promise<Principal> {
    // The age of the answer counts from the request.
    const askedAt = this.options.now();
    try {
      const answer = await client.lookUp(raw);
      const principal = this.#mapper.map(answer, this.options.now(), 'introspection');
      const believedUntil = Math.min(principal.expiresAt, askedAt + this.options.introspectionSeconds);
      if (believedUntil > askedAt) this.cache.set(tokenHash, principal, believedUntil);
      return principal;
    } catch (error) {
      this.#refused.add(tokenHash, error, askedAt);
      throw error;
    }
  }
}

function refusalOf(fault: SignatureFault): InternalTokenError {
  switch (fault) {
    case 'keys_unavailable':
      return providerUnavailable('the key is unknown, and the keys of the issuer cannot be loaded');
    case 'key_unknown':
      return invalidToken('the key is unknown');
    case 'algorithm':
      return invalidToken('the algorithm does not match the key');
    case 'signature':
      return invalidToken('the signature is not valid');
  }
}

function keySource(
  { keys, issuer, algorithms }: ResolvedIssuer,
  allowInsecureLoopback: boolean,
): KeySource | undefined {
  if (keys === undefined) return undefined;
  if ('discovery' in keys) return withAlgorithm(discoverySource(issuer, allowInsecureLoopback), algorithms);
  return withAlgorithm('jwksUri' in keys ? jwksUriSource(keys.jwksUri) : jwksFileSource(keys.jwksFile), algorithms);
}
