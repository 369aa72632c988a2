import { hash } from 'node:crypto';
import { Logger } from '@nestjs/common';
import {
  type CompactJws,
  heldKeys,
  InternalTokenError,
  type KeyStoreEvent,
  parseCompactJws,
} from '../../core/index.js';
import type { Principal } from './principal.js';
import { invalidToken, wholeNumber } from './access-token-refusals.js';
import type { AccessTokenIssuerOptions } from './access-token-issuer.options.js';
import { readBearerToken } from './read-bearer-token.js';
import { resolveIssuers } from './resolve-issuers.js';
import { TrustedIssuer } from './trusted-issuer.js';

/** How much is remembered of verified access tokens. */
export interface AccessTokenCacheOptions {
  /** Most tokens remembered per issuer. Default 10000. */
  readonly maxEntries?: number;
  /** Most memory that they take per issuer, estimated, in bytes: 1 MiB to 1 GiB. Default 33554432 (32 MiB). */
  readonly maxBytes?: number;
  /** Longest time an introspection answer is believed, in seconds. Default 30; 0 asks at every request; refusals are remembered for 5 s all the same. */
  readonly introspectionSeconds?: number;
}

export interface AccessTokenAuthenticatorOptions {
  readonly issuers: readonly AccessTokenIssuerOptions[];
  /** Accept http to loopback addresses: for development only. */
  readonly allowInsecureLoopback: boolean;
  /** An access token with fewer seconds left counts as expired. Default 10, 0 to 300. */
  readonly minimumRemainingSeconds?: number;
  /** Seconds within which a change of an issuer's keys arrives, 0.1 to 3600. Default 300. */
  readonly keyRefreshSeconds?: number;
  readonly cache?: AccessTokenCacheOptions;
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly now?: () => number;
}

const MEBIBYTE = 1024 * 1024;
/** A longer token is refused unread. Node itself takes 16 KiB for all fields of a request. */
const MAX_TOKEN_BYTES = 16 * 1024;
/** What is behind `{` in base64url, then a dot: only a JOSE object begins like that. */
const JOSE = /^e[w-z0-9_-][A-Za-z0-9_-]*\./;

/**
 * Everything between the `Authorization` field and a principal to mint from: reads the token, finds its issuer,
 * verifies or introspects it, maps its claims. RFC 6750, RFC 7662, RFC 9068.
 */
export class AccessTokenAuthenticator {
  readonly #logger = new Logger(AccessTokenAuthenticator.name);
  readonly #issuers: readonly TrustedIssuer[];
  readonly #byName: ReadonlyMap<string, TrustedIssuer>;
  readonly #introspected: readonly TrustedIssuer[];
  readonly #now: () => number;

  /** @throws InternalTokenError `configuration_invalid`, naming the option, what it was given and the fix */
  constructor(options: AccessTokenAuthenticatorOptions) {
    const { allowInsecureLoopback, minimumRemainingSeconds, cache } = options;
    const clock = options.now ?? Date.now;
    this.#now = () => Math.floor(clock() / 1000);
    const limits = {
      minimumRemainingSeconds: wholeNumber(minimumRemainingSeconds, 'minimumRemainingSeconds', 10, 0, 300),
      maxEntries: wholeNumber(cache?.maxEntries, 'cache.maxEntries', 10_000, 1, 1_000_000),
      maxBytes: wholeNumber(cache?.maxBytes, 'cache.maxBytes', 32 * MEBIBYTE, MEBIBYTE, 1024 * MEBIBYTE),
      introspectionSeconds: wholeNumber(cache?.introspectionSeconds, 'cache.introspectionSeconds', 30, 0, 300),
    };
    const settings = resolveIssuers(options.issuers, allowInsecureLoopback);
    const namespaces = settings.map(({ namespace }) => namespace.name).filter((name) => name !== '');
    this.#issuers = settings.map(
      (each, index) =>
        new TrustedIssuer({
          settings: each,
          at: `issuers[${index}]`,
          otherNamespaces: namespaces,
          allowInsecureLoopback,
          ...limits,
          keyRefreshSeconds: options.keyRefreshSeconds ?? 300,
          onKeyEvent: (event) => this.#report(each.issuer, event),
          now: this.#now,
        }),
    );
    this.#byName = new Map(this.#issuers.map((issuer) => [issuer.settings.issuer, issuer]));
    this.#introspected = this.#issuers.filter(({ settings: { introspection } }) => introspection !== undefined);
  }

  /** True once every issuer's keys are loaded, and none are older than its `maxKeyAgeSeconds`. */
  get ready(): boolean {
    return this.#issuers.every((issuer) => issuer.ready);
  }

  /**
   * Loads keys and metadata. Returns after the first attempt, successful or not; an issuer that cannot be reached is
   * tried again in the background, and until then its tokens get 503.
   * @throws InternalTokenError `configuration_invalid` if a client secret cannot be read
   */
  async start(): Promise<void> {
    await Promise.all(this.#issuers.map((issuer) => issuer.start()));
  }

  /**
   * The caller of a request, or `undefined` if it carries no credentials. At once for a token seen before or signed
   * with a held key; a promise for introspection, for a key not seen yet and for a signature that does not fit.
   * @param rawHeaders names and values in turn, as Node gives them
   * @throws InternalTokenError (or rejects with it) `invalid_request` 400, `access_token_missing` or
   * `access_token_invalid` 401, `insufficient_scope` 403, `identity_provider_unavailable` 503
   */
  authenticate(rawHeaders: readonly string[]): Principal | undefined | Promise<Principal | undefined> {
    const token = readBearerToken(rawHeaders);
    if (token === undefined) return undefined;
    if (token.length > MAX_TOKEN_BYTES) throw invalidToken('the token is too long');
    const tokenHash = hash('sha256', token, 'base64url');
    const now = this.#now();
    // Each issuer has a cache of its own, and the token alone decides its issuer: at most one of them knows it.
    for (const { cache } of this.#issuers) {
      const known = cache.get(tokenHash, now);
      if (known !== undefined) return known;
    }
    if (!JOSE.test(token)) return this.#issuerOfOpaque(token).introspect(token, tokenHash);
    const jws = parse(token);
    return this.#issuerOfJwt(jws).authenticateJwt(token, tokenHash, jws);
  }

  /** Reads every issuer's keys anew, at once. Never rejects; false if one could not be read and keeps what it has. */
  async reloadKeys(): Promise<boolean> {
    const read = await Promise.all(this.#issuers.map((issuer) => issuer.reloadKeys()));
    return read.every(Boolean);
  }

  /** Ends background work and idle connections. */
  close(): void {
    for (const issuer of this.#issuers) issuer.close();
  }

  /** `iss` is not verified yet: it may choose among configured issuers and nothing else. */
  #issuerOfJwt({ payload }: CompactJws): TrustedIssuer {
    const issuer = typeof payload['iss'] === 'string' ? this.#byName.get(payload['iss']) : undefined;
    if (issuer === undefined) throw invalidToken('the issuer is none of ours');
    return issuer;
  }

  #issuerOfOpaque(token: string): TrustedIssuer {
    const issuer = this.#introspected.find(({ settings: { introspection } }) =>
      token.startsWith(introspection?.tokenPrefix ?? ''),
    );
    if (issuer === undefined) throw invalidToken('an opaque token of no introspected issuer');
    return issuer;
  }

  #report(issuer: string, event: KeyStoreEvent): void {
    if (event.type === 'loaded') {
      const changes = event.added.length + event.removed.length;
      if (changes > 0) this.#logger.log(`Keys of ${issuer} loaded: ${event.keyIds.length}`);
    } else if (event.type === 'load_failed') {
      this.#logger.warn(`Keys of ${issuer} not loaded: ${event.reason}; ${heldKeys(event)}`);
    } else if (event.type === 'key_refused') this.#logger.warn(`A key of ${issuer} is not used: ${event.reason}`);
  }
}

function parse(token: string): CompactJws {
  try {
    return parseCompactJws(token, { maxBytes: MAX_TOKEN_BYTES });
  } catch (error) {
    throw invalidToken(`not a well-formed JWT (${error instanceof InternalTokenError ? error.code : 'unreadable'})`);
  }
}
