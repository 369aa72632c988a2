import { hash } from 'node:crypto';
import { Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import {
  algorithmOption,
  heldKeys,
  InternalTokenError,
  keyOptions,
  type KeyOptions,
  KeyStore,
  option,
  OptionPath,
  type SigningAlgorithm,
} from '../../core/index.js';
import {
  CallerAuthenticator,
  type CallerRequest,
  firstUse,
  MemoryReplayStore,
  type ReplayStore,
} from '../../nest/index.js';
import { trustDomainOption } from '../workload-id.js';
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
  readonly keys: KeyOptions;
  /** The origins at which this process is called, such as `https://orders.internal:3003`; a proof's `aud` has one. */
  readonly origins: readonly string[];
  /** For both tokens. Default `['ES256', 'EdDSA']`. */
  readonly algorithms?: readonly SigningAlgorithm[];
  /** Seconds by which clocks may differ, 0 to 60. Default 5. */
  readonly leewaySeconds?: number;
  /** The longest lifetime of a proof in seconds, 1 to 300. Default 60. */
  readonly maxProofSeconds?: number;
  /**
   * Where used proofs are remembered. Default: bounded memory of this process. After 250 ms without an answer the
   * caller is refused as `caller_unavailable`.
   */
  readonly replayStore?: ReplayStore;
}

const origin = option.check<string>(
  'scheme, host and port as callers use them, such as "https://orders.internal:3003"',
  (given) => typeof given === 'string' && URL.parse(given)?.origin === given,
);

const checkOptions = option.group({
  trustDomain: trustDomainOption,
  issuer: option.text('the "iss" of the workload identity tokens'),
  keys: keyOptions,
  origins: option.listOf('origins', origin, { atLeast: 1 }),
  algorithms: option.withDefault<readonly SigningAlgorithm[]>(
    ['ES256', 'EdDSA'],
    option.listOf('algorithms', algorithmOption, { atLeast: 1 }),
  ),
  leewaySeconds: option.withDefault(5, option.amount(0, 60, 'seconds')),
  maxProofSeconds: option.withDefault(60, option.amount(1, 300, 'seconds')),
  replayStore: option.optional(option.instance<ReplayStore>('a ReplayStore', 'firstUse')),
} satisfies option.ChecksOf<WimseCallerOptions>);

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
    const checked = checkOptions(options, new OptionPath('WimseCallerAuthenticator'));
    const { issuer, trustDomain, keys, origins, leewaySeconds } = checked;
    const { source, refreshSeconds, maxAgeSeconds, seedFile } = keys;
    this.#keys = new KeyStore({
      source,
      refreshSeconds,
      maxKeyAgeSeconds: maxAgeSeconds,
      ...(seedFile !== undefined && { seedFile }),
      onEvent: (event) => {
        if (event.type === 'load_failed') {
          this.#logger.error(`Keys from ${event.source} could not be loaded: ${event.reason}; ${heldKeys(event)}`);
        }
        if (event.type === 'key_refused') this.#logger.warn(`A key is not used: ${event.reason}`);
      },
    });
    const expected = { issuer, leewaySeconds, algorithms: new Set<string>(checked.algorithms) };
    this.#identities = new IdentityTokenVerifier(
      { ...expected, trustDomain, maxLifetimeSeconds: MAX_IDENTITY_SECONDS },
      this.#keys,
    );
    this.#proofs = { origins, leewaySeconds, maxLifetimeSeconds: checked.maxProofSeconds };
    this.#used = checked.replayStore ?? new MemoryReplayStore();
  }

  /** Loads the keys; until they are loaded, callers are refused as `caller_unavailable`. */
  async onModuleInit(): Promise<void> {
    await this.#keys.start();
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
