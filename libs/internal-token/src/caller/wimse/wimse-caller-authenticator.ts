import { hash } from 'node:crypto';
import { Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import {
  InternalTokenError,
  isSigningAlgorithm,
  jwksFileSource,
  type JwksUriOptions,
  jwksUriSource,
  type KeySource,
  heldKeys,
  KeyStore,
  type SigningAlgorithm,
} from '../../core/index.js';
import {
  CallerAuthenticator,
  type CallerRequest,
  firstUse,
  MemoryReplayStore,
  type ReplayStore,
} from '../../nest/index.js';
import { requireTrustDomain } from '../workload-id.js';
import { IdentityTokenVerifier, type WorkloadIdentityClaims } from './identity-token-verifier.js';
import { checkProof, type ProofExpectations } from './check-proof.js';
import { invalid, valuesOf, WIT_FIELD, WPT_FIELD } from './wimse-jwt.js';

/** Settings of a {@link WimseCallerAuthenticator}. */
export interface WimseCallerOptions {
  /** The trust domain of the callers' ids: `shop.example` for `wimse://shop.example/orders` or `spiffe://…`. */
  readonly trustDomain: string;
  /** `iss` of the workload identity tokens. */
  readonly issuer: string;
  /** The public keys of the issuer, never those of internal tokens. Each token must name its key (`kid`). */
  readonly keys: KeySource | ({ readonly jwksUri: string } & JwksUriOptions) | { readonly jwksFile: string };
  /** The origins at which this process is called, such as `https://orders.internal:3003`; a proof's `aud` has one. */
  readonly origins: readonly string[];
  /** For both tokens. Default `['ES256', 'EdDSA']`. */
  readonly algorithms?: readonly SigningAlgorithm[];
  /** Seconds by which clocks may differ, 0 to 60. Default 5. */
  readonly leewaySeconds?: number;
  /** The longest lifetime of a proof in seconds, 1 to 300. Default 60. */
  readonly maxProofSeconds?: number;
  /** Seconds within which a change of the keys arrives. Default 300. */
  readonly refreshSeconds?: number;
  /** Seconds for which fetched keys are used after their source last returned them. Default 86400. */
  readonly maxKeyAgeSeconds?: number;
  /**
   * Where used proofs are remembered. Default: bounded memory of this process. After 250 ms without an answer the
   * caller is refused as `caller_unavailable`.
   */
  readonly replayStore?: ReplayStore;
}

/** A day; workload identities are issued for hours. */
const MAX_IDENTITY_SECONDS = 86_400;

/**
 * Identifies the caller by its workload identity token (WIT). For each request the caller proves that the token is its
 * own (WPT): draft-ietf-wimse-workload-creds, draft-ietf-wimse-wpt-01. Use it if TLS ends in front of this process.
 *
 * ```ts
 * {
 *   provide: CallerAuthenticator,
 *   useFactory: () => new WimseCallerAuthenticator({
 *     trustDomain: 'shop.example',
 *     issuer: 'https://identity.shop.example',
 *     keys: { jwksUri: 'https://identity.shop.example/jwks.json' },
 *     origins: ['https://orders.internal:3003'],
 *   }),
 * }
 * ```
 */
export class WimseCallerAuthenticator extends CallerAuthenticator implements OnModuleInit, OnApplicationShutdown {
  readonly #logger = new Logger('WorkloadIdentityKeys');
  readonly #keys: KeyStore;
  readonly #identities: IdentityTokenVerifier;
  readonly #proofs: ProofExpectations;
  readonly #used: ReplayStore;

  /** @throws InternalTokenError `configuration_invalid` */
  constructor(options: WimseCallerOptions) {
    super();
    const { issuer, algorithms = ['ES256', 'EdDSA'], refreshSeconds, maxKeyAgeSeconds } = options;
    const leewaySeconds = seconds('leewaySeconds', options.leewaySeconds ?? 5, 0, 60);
    const maxLifetimeSeconds = seconds('maxProofSeconds', options.maxProofSeconds ?? 60, 1, 300);
    if (typeof issuer !== 'string' || issuer === '') throw misconfigured('issuer', 'name the issuer of the tokens');
    if (algorithms.length === 0 || !algorithms.every(isSigningAlgorithm)) {
      throw misconfigured('algorithms', 'name one or more, all asymmetric');
    }
    this.#keys = new KeyStore({
      source: sourceOf(options.keys),
      ...(refreshSeconds !== undefined && { refreshSeconds }),
      ...(maxKeyAgeSeconds !== undefined && { maxKeyAgeSeconds }),
      onEvent: (event) => {
        if (event.type === 'load_failed') {
          this.#logger.error(`Keys from ${event.source} could not be loaded: ${event.reason}; ${heldKeys(event)}`);
        }
        if (event.type === 'key_refused') this.#logger.warn(`A key is not used: ${event.reason}`);
      },
    });
    const expected = { issuer, leewaySeconds, algorithms: new Set<string>(algorithms) };
    const trustDomain = requireTrustDomain(options.trustDomain);
    this.#identities = new IdentityTokenVerifier(
      { ...expected, trustDomain, maxLifetimeSeconds: MAX_IDENTITY_SECONDS },
      this.#keys,
    );
    this.#proofs = { origins: originsOf(options.origins), leewaySeconds, maxLifetimeSeconds };
    this.#used = options.replayStore ?? new MemoryReplayStore();
  }

  /** Starts loading the keys; until they are loaded, callers are refused as `caller_unavailable`. */
  onModuleInit(): void {
    void this.#keys.start();
  }

  /** Not earlier: until then, requests are still served and their callers authenticated. */
  onApplicationShutdown(): void {
    this.#keys.close();
  }

  override authenticate(request: CallerRequest): string | Promise<string> {
    const { rawHeaders } = request.raw;
    const wit = theOnly(valuesOf(rawHeaders, WIT_FIELD), 'Workload-Identity-Token');
    const wpt = theOnly(valuesOf(rawHeaders, WPT_FIELD), 'Workload-Proof-Token');
    const identity = this.#identities.verify(wit);
    if (identity instanceof Promise) return identity.then((late) => this.#prove(wpt, late, request));
    return this.#prove(wpt, identity, request);
  }

  #prove(wpt: string, identity: WorkloadIdentityClaims, request: CallerRequest): string | Promise<string> {
    const proof = checkProof(wpt, identity, request, this.#proofs);
    const ttlMs = (proof.expiresAt + this.#proofs.leewaySeconds) * 1000 - Date.now();
    const decide = (first: boolean): string => {
      if (!first) throw new InternalTokenError('caller_replayed');
      return identity.id;
    };
    let first: boolean | Promise<boolean>;
    try {
      // The id of a proof is unique only within its sender.
      const key = hash('sha256', JSON.stringify([identity.id, proof.id]), 'base64url');
      first = firstUse(this.#used, key, ttlMs);
    } catch (error) {
      throw this.#unknown(error);
    }
    if (typeof first === 'boolean') return decide(first);
    return first.then(decide, (error: unknown) => {
      throw this.#unknown(error);
    });
  }

  #unknown(error: unknown): InternalTokenError {
    this.#logger.error(`The replay store failed: ${error instanceof Error ? error.message : String(error)}`);
    return new InternalTokenError('caller_unavailable', undefined, { cause: error });
  }
}

function theOnly(values: readonly string[], name: string): string {
  const [value, another] = values;
  if (value === undefined) throw new InternalTokenError('caller_missing', `There is no ${name}.`);
  if (another !== undefined || value.includes(',')) throw invalid(`there is more than one ${name}`);
  return value;
}

function sourceOf(keys: WimseCallerOptions['keys']): KeySource {
  if (typeof keys === 'object' && keys !== null) {
    if ('load' in keys) return keys;
    if ('jwksUri' in keys) return jwksUriSource(keys.jwksUri, keys);
    if ('jwksFile' in keys) return jwksFileSource(keys.jwksFile);
  }
  throw misconfigured('keys', 'give { jwksUri }, { jwksFile } or a KeySource');
}

function originsOf(given: unknown): readonly string[] {
  const origins: readonly unknown[] = Array.isArray(given) ? given : [];
  const isOrigin = (origin: unknown) => typeof origin === 'string' && URL.parse(origin)?.origin === origin;
  if (origins.length > 0 && origins.every(isOrigin)) return Object.freeze([...origins]) as readonly string[];
  throw misconfigured(
    'origins',
    'list scheme, host and port as callers use them, such as "https://orders.internal:3003"',
  );
}

function seconds(name: string, value: number, least: number, most: number): number {
  if (value >= least && value <= most) return value;
  throw misconfigured(name, `give ${least} to ${most} seconds`);
}

function misconfigured(option: string, fix: string): InternalTokenError {
  return new InternalTokenError('configuration_invalid', `WimseCallerAuthenticator: ${option}: ${fix}.`);
}
