import { hash } from 'node:crypto';
import { Logger } from '@nestjs/common';
import {
  type CompactJws,
  heldKeys,
  InternalTokenError,
  type KeyStoreEvent,
  OptionPath,
  parseCompactJws,
} from '../../core/index.js';
import type { Principal } from './principal.js';
import { invalidToken } from './access-token-refusals.js';
import { type AccessTokenOptions, accessTokenOptions } from './access-token.options.js';
import { readBearerToken } from './read-bearer-token.js';
import { TrustedIssuer } from './trusted-issuer.js';

export interface AccessTokenAuthenticatorOptions extends AccessTokenOptions {
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly now?: () => number;
}

/** A longer token is refused without parsing. Node itself accepts 16 KiB for all fields of a request. */
const MAX_TOKEN_BYTES = 16 * 1024;
/** Base64url of a text that begins with `{`, followed by a dot: only a JOSE object begins like this. */
const JOSE = /^e[w-z0-9_-][A-Za-z0-9_-]*\./;

/**
 * Turns the `Authorization` field into a principal: reads the token, finds its issuer, verifies or introspects it and
 * maps its claims. RFC 6750, RFC 7662, RFC 9068.
 */
export class AccessTokenAuthenticator {
  readonly #logger = new Logger(AccessTokenAuthenticator.name);
  readonly #issuers: readonly TrustedIssuer[];
  readonly #byName: ReadonlyMap<string, TrustedIssuer>;
  readonly #introspected: readonly TrustedIssuer[];
  readonly #now: () => number;

  /** @throws InternalTokenError `configuration_invalid`, naming the option, what was given and what is allowed */
  constructor({ now = Date.now, ...options }: AccessTokenAuthenticatorOptions) {
    const at = new OptionPath('AccessTokenAuthenticator');
    const { issuers, cache, ...common } = accessTokenOptions(options, at);
    this.#now = () => Math.floor(now() / 1000);
    const namespaces = issuers.map(({ namespace }) => namespace.name).filter((name) => name !== '');
    this.#issuers = issuers.map(
      (each, index) =>
        new TrustedIssuer({
          ...common,
          ...cache,
          settings: each,
          at: at.member('issuers').item(index),
          otherNamespaces: namespaces,
          onKeyEvent: (event) => this.#report(each.issuer, event),
          now: this.#now,
        }),
    );
    this.#byName = new Map(this.#issuers.map((issuer) => [issuer.settings.issuer, issuer]));
    this.#introspected = this.#issuers.filter(({ settings: { introspection } }) => introspection !== undefined);
  }

  /** True if the keys of every issuer are loaded and none are older than its `maxKeyAgeSeconds`. */
  get ready(): boolean {
    return this.#issuers.every((issuer) => issuer.ready);
  }

  /**
   * Loads keys and metadata. Resolves after the first attempt, successful or not. An issuer that cannot be reached is
   * retried in the background; until then its tokens are answered 503.
   * @throws InternalTokenError `configuration_invalid` if a client secret cannot be read
   */
  async start(): Promise<void> {
    await Promise.all(this.#issuers.map((issuer) => issuer.start()));
  }

  /**
   * The principal of a request, or `undefined` if it has no credentials. Synchronous for a remembered token or a known
   * key; a promise for introspection, for an unknown key and for an invalid signature.
   * @param rawHeaders alternating names and values, as in Node
   * @throws InternalTokenError (or rejects with it) `invalid_request` 400, `access_token_missing` or
   * `access_token_invalid` 401, `insufficient_scope` 403, `identity_provider_unavailable` 503
   */
  authenticate(rawHeaders: readonly string[]): Principal | undefined | Promise<Principal | undefined> {
    const token = readBearerToken(rawHeaders);
    if (token === undefined) return undefined;
    if (token.length > MAX_TOKEN_BYTES) throw invalidToken('the token is too long');
    const tokenHash = hash('sha256', token, 'base64url');
    const now = this.#now();
    // Each issuer has its own cache, and the token alone decides its issuer, so at most one cache has it.
    for (const { cache } of this.#issuers) {
      const known = cache.get(tokenHash, now);
      if (known !== undefined) return known;
    }
    if (!JOSE.test(token)) return this.#issuerOfOpaque(token).introspect(token, tokenHash);
    const jws = parse(token);
    return this.#issuerOfJwt(jws).authenticateJwt(token, tokenHash, jws);
  }

  /** Reloads the keys of every issuer at once. Never rejects; false if some could not be loaded and stay unchanged. */
  async reloadKeys(): Promise<boolean> {
    const read = await Promise.all(this.#issuers.map((issuer) => issuer.reloadKeys()));
    return read.every(Boolean);
  }

  /** Stops background work and closes idle connections. */
  close(): void {
    for (const issuer of this.#issuers) issuer.close();
  }

  /** `iss` is not verified yet, so it only selects one of the configured issuers. */
  #issuerOfJwt({ payload }: CompactJws): TrustedIssuer {
    const issuer = typeof payload['iss'] === 'string' ? this.#byName.get(payload['iss']) : undefined;
    if (issuer === undefined) throw invalidToken('the issuer is not configured');
    return issuer;
  }

  #issuerOfOpaque(token: string): TrustedIssuer {
    const issuer = this.#introspected.find(({ settings: { introspection } }) =>
      token.startsWith(introspection?.tokenPrefix ?? ''),
    );
    if (issuer === undefined) throw invalidToken('the token is opaque and no configured introspection matches it');
    return issuer;
  }

  #report(issuer: string, event: KeyStoreEvent): void {
    if (event.type === 'loaded') {
      const changes = event.added.length + event.removed.length;
      if (changes > 0) this.#logger.log(`Keys of ${issuer} loaded: ${event.keyIds.length}`);
    } else if (event.type === 'load_failed') {
      this.#logger.warn(`Keys of ${issuer} could not be loaded: ${event.reason}; ${heldKeys(event)}`);
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
