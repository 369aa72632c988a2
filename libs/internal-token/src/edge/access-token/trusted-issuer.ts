import { type CompactJws, type KeySource, jwksFileSource, jwksUriSource, KeyStore } from '../../core/index.js';
import type { KeyStoreEvent, VerificationKey } from '../../core/index.js';
import type { Principal } from '../principal.js';
import { invalidToken, providerUnavailable } from './access-token.refusals.js';
import { discoverySource } from './discovery.source.js';
import { IntrospectionClient } from './introspection.client.js';
import type { IssuerSettings } from './issuer.settings.js';
import { withAlgorithm } from './key-algorithm.source.js';
import { mediaType } from './media-type.js';
import { PrincipalCache } from './principal.cache.js';
import { PrincipalMapper } from './principal.mapper.js';

export interface TrustedIssuerOptions {
  readonly settings: IssuerSettings;
  /** For messages: `issuers[0]`. */
  readonly at: string;
  readonly otherNamespaces: readonly string[];
  readonly allowInsecureLoopback: boolean;
  readonly minimumRemainingSeconds: number;
  readonly maxEntries: number;
  readonly introspectionSeconds: number;
  readonly keyRefreshSeconds: number;
  readonly onKeyEvent: (event: KeyStoreEvent) => void;
  /** Seconds since the epoch. */
  readonly now: () => number;
}

/** Lookups of different tokens that may wait for one issuer at a time; more are refused rather than queued. */
const MAX_LOOKUPS = 256;
/** Header members that choose a key or change what is signed; an issuer's own key set needs none of them. */
const REFUSED_HEADERS = ['crit', 'b64', 'zip', 'enc', 'jwk', 'jku', 'x5u', 'x5c'];

/** One accepted issuer: its keys, its introspection endpoint, and what is remembered of its tokens. */
export class TrustedIssuer {
  readonly settings: IssuerSettings;
  readonly cache: PrincipalCache;
  private readonly keys: KeyStore | undefined;
  private readonly introspection: IntrospectionClient | undefined;
  private readonly mapper: PrincipalMapper;
  private started = false;
  private readonly lookups = new Map<string, Promise<Principal>>();

  constructor(private readonly options: TrustedIssuerOptions) {
    const { settings, at, otherNamespaces, minimumRemainingSeconds, maxEntries } = options;
    this.settings = settings;
    const source = keySource(settings, options.allowInsecureLoopback);
    this.keys =
      source && new KeyStore({ source, refreshSeconds: options.keyRefreshSeconds, onEvent: options.onKeyEvent });
    this.introspection =
      settings.introspection && new IntrospectionClient(settings.introspection, `${at}.introspection`);
    this.mapper = new PrincipalMapper(settings, otherNamespaces, minimumRemainingSeconds);
    this.cache = new PrincipalCache(
      maxEntries,
      (key) => this.keys?.find(key.keyId) === key,
      (expiresAt, now) => this.mapper.hasLifeLeft(expiresAt, now),
    );
  }

  get ready(): boolean {
    return this.started && (this.keys?.ready ?? true);
  }

  async start(): Promise<void> {
    await Promise.all([this.keys?.start(), this.introspection?.start()]);
    this.started = true;
  }

  async reloadKeys(): Promise<boolean> {
    return (await this.keys?.reload()) ?? true;
  }

  close(): void {
    this.keys?.close();
    this.introspection?.close();
  }

  /** A well-formed JWT that names this issuer. Waits only for a key that is not held yet, or for introspection. */
  authenticateJwt(raw: string, tokenHash: string, jws: CompactJws): Principal | Promise<Principal> {
    const { alg, kid } = this.checkHeader(jws);
    if (this.keys === undefined) return this.introspect(raw, tokenHash);
    if (!this.keys.ready) throw providerUnavailable('the keys of the issuer are not loaded yet');
    if (typeof kid !== 'string' || kid === '' || kid.length > 128) throw invalidToken('kid names no key');
    const key = this.keys.find(kid);
    if (key !== undefined) return this.verify(jws, alg, key, tokenHash);
    const refreshed = this.keys.findAfterRefresh(kid);
    if (refreshed === undefined) throw invalidToken('the key is unknown');
    return refreshed.then((found) => this.verify(jws, alg, found, tokenHash));
  }

  /** A token that only the issuer can read. Requests with the same token wait for one lookup. */
  introspect(raw: string, tokenHash: string): Promise<Principal> {
    const running = this.lookups.get(tokenHash);
    if (running !== undefined) return running;
    if (this.introspection === undefined) throw invalidToken('the issuer is not introspected');
    if (this.lookups.size >= MAX_LOOKUPS) throw providerUnavailable('too many introspections are waiting');
    const lookup = this.lookUp(this.introspection, raw, tokenHash).finally(() => this.lookups.delete(tokenHash));
    this.lookups.set(tokenHash, lookup);
    return lookup;
  }

  private checkHeader({ header }: CompactJws): { alg: string; kid: unknown } {
    const { algorithms, types } = this.settings;
    const { alg, typ, kid } = header;
    if (typeof alg !== 'string' || !algorithms.has(alg)) throw invalidToken('the algorithm is not accepted');
    if (typ !== undefined && (typeof typ !== 'string' || typ === '')) throw invalidToken('typ is no media type');
    if (!types.has(mediaType(typ ?? ''))) throw invalidToken('typ is not that of an access token');
    const refused = REFUSED_HEADERS.find((name) => Object.hasOwn(header, name));
    if (refused !== undefined) throw invalidToken(`header ${refused} is not accepted`);
    return { alg, kid };
  }

  private verify(jws: CompactJws, alg: string, key: VerificationKey | undefined, tokenHash: string): Principal {
    if (key === undefined) throw invalidToken('the key is unknown');
    if (key.algorithm !== alg) throw invalidToken('the algorithm is not that of the key');
    if (!key.verify(jws.signingInput, jws.signature)) throw invalidToken('the signature does not fit');
    const principal = this.mapper.map(jws.payload, this.options.now(), 'jwt');
    this.cache.set(tokenHash, principal, principal.expiresAt, key);
    return principal;
  }

  private async lookUp(client: IntrospectionClient, raw: string, tokenHash: string): Promise<Principal> {
    // The answer is as old as the question.
    const askedAt = this.options.now();
    const answer = await client.lookUp(raw);
    const principal = this.mapper.map(answer, this.options.now(), 'introspection');
    const believedUntil = Math.min(principal.expiresAt, askedAt + this.options.introspectionSeconds);
    if (believedUntil > askedAt) this.cache.set(tokenHash, principal, believedUntil);
    return principal;
  }
}

function keySource(
  { keys, issuer, algorithms }: IssuerSettings,
  allowInsecureLoopback: boolean,
): KeySource | undefined {
  if (keys === undefined) return undefined;
  if ('discovery' in keys) return withAlgorithm(discoverySource(issuer, allowInsecureLoopback), algorithms);
  return withAlgorithm('jwksUri' in keys ? jwksUriSource(keys.jwksUri) : jwksFileSource(keys.jwksFile), algorithms);
}
