import type {
  CustomClaimsSchema,
  JwksUriOptions,
  KeySource,
  PemKey,
  SigningAlgorithm,
  TokenCacheOptions,
} from '../core/index.js';
import type { EnforcementMode } from './policy/enforcement-mode.js';

/** Where the public keys come from: a URL, a file, PEM text, or a source of your own. Never a private key. */
export type InternalTokenKeys =
  | ({ readonly jwksUri: string } & JwksUriOptions)
  | { readonly jwksFile: string }
  | PemKey
  | readonly PemKey[]
  | KeySource;

/** Options of `InternalTokenModule.forRoot()`. */
export interface InternalTokenOptions {
  /** This process' name on log lines and spans, such as `orders`. */
  readonly service: string;
  /** `aud` that a token must be for: the name shared by every service behind one gateway. No default. */
  readonly trustDomain: string;
  /** `iss` that a token must come from. Default `api_gateway`. */
  readonly issuer?: string;
  readonly keys: InternalTokenKeys;
  /** Accepted algorithms, all asymmetric. Default `['ES256']`. */
  readonly algorithms?: readonly SigningAlgorithm[];
  /** Seconds by which clocks may differ, 0 to 60. Default 5. */
  readonly leewaySeconds?: number;
  /** Longest accepted `exp - iat` in seconds, 1 to 300. Default 300. */
  readonly maxLifetimeSeconds?: number;
  /** A synchronous Standard Schema (zod, valibot, arktype) that the application's own claims must satisfy. */
  readonly customClaims?: CustomClaimsSchema;
  /** Stop the start if a handler has neither `@RequireScope()` nor `@AnyScope()`. Default false. */
  readonly requireScopePolicy?: boolean;
  /** Seconds within which a change of the keys arrives, 0.1 to 3600. Default 300. */
  readonly refreshSeconds?: number;
  /**
   * Seconds for which fetched keys are used after their source last gave them. Default 86400 (a day), at least twice
   * `refreshSeconds`, at most 2592000 (30 days). Then this service is not ready and answers 503 until the source is back:
   * blocking the source must not keep a withdrawn key alive for ever. Keys from files or the configuration have no limit.
   */
  readonly maxKeyAgeSeconds?: number;
  /**
   * A file that keeps the last good keys, so that this service can start while their source is away. Default none: then
   * it answers 503 until the source is back. With one, a key that was withdrawn meanwhile verifies until then, or until
   * the keys are older than `maxKeyAgeSeconds`.
   */
  readonly seedFile?: string;
  /** How many verified tokens are remembered, so that one that comes again costs a look-up. Default 1000. */
  readonly tokenCache?: TokenCacheOptions;
  /** What becomes of a request whose token does not verify; handlers may differ by `@EnforcementMode()`. Default `strict`. */
  readonly mode?: EnforcementMode;
  /**
   * The end of every mode but `strict`, at most 90 days from the start: a Date, or its ISO 8601 text. Required for such
   * a `mode`; without it, and from that moment on, everything is strict.
   */
  readonly allowUnverifiedUntil?: Date | string;
  /**
   * Levels of arrays and objects that a JSON body may have, 1 to 10000; a deeper one is 400 `json_too_deep` before
   * anything parses it. JSON in another charset than UTF-8 or with a content coding is 415. `false`: no limit, and
   * nothing of this is looked at. Default 64.
   */
  readonly maxJsonDepth?: number | false;
  /**
   * Paths that answer GET and HEAD without a token though no handler serves them: static files, an API's description.
   * `/docs`, or `/docs/*` for everything below it; never `/internal`. Listed at the start. Default none.
   */
  readonly openPaths?: readonly string[];
  /** How `@NoReplay()` works. */
  readonly replay?: ReplayOptions;
  /** Which processes may call, where a `CallerAuthenticator` is provided. */
  readonly callers?: CallerOptions;
  /** What validation records say; they go to the `ValidationSink` that the application provides. */
  readonly audit?: AuditOptions;
}

/** Of the option `replay`. Uses are remembered in this process, or in the `ReplayStore` that the application provides. */
export interface ReplayOptions {
  /** `marked`: handlers with `@NoReplay()`; `all`: every handler that needs a token. Default `marked`. */
  readonly handlers?: 'marked' | 'all';
  /** What happens when the store cannot tell: `refuse` with 503 `txn_replay_unknown`, or `accept`. Default `refuse`. */
  readonly onFailure?: 'refuse' | 'accept';
  /** Milliseconds that the store may take, 1 to 5000. Default 250. */
  readonly timeoutMs?: number;
}

/** Of the option `callers`. */
export interface CallerOptions {
  /** The ids of the processes that may call this one; handlers may narrow it by `@RequireCaller()`. Default: whoever is authenticated. */
  readonly allow?: readonly string[];
  /**
   * The id of this process: what `@RequireCaller()` compares for requests that the edge of the same process lets in.
   * For a gateway that also holds modules.
   */
  readonly self?: string;
}

/** Of the option `audit`. */
export interface AuditOptions {
  /** Claims that records hold. Default none. */
  readonly include?: readonly ('userId' | 'tenantId')[];
}

/** Validated options with every default filled in, frozen. */
export interface ResolvedOptions {
  readonly service: string;
  readonly trustDomain: string;
  readonly issuer: string;
  readonly keys: KeySource;
  readonly algorithms: readonly SigningAlgorithm[];
  readonly leewaySeconds: number;
  readonly maxLifetimeSeconds: number;
  readonly customClaims?: CustomClaimsSchema;
  readonly requireScopePolicy: boolean;
  readonly refreshSeconds: number;
  readonly maxKeyAgeSeconds?: number;
  readonly seedFile?: string;
  readonly tokenCache: TokenCacheOptions;
  readonly mode: EnforcementMode;
  /** Milliseconds since the epoch. */
  readonly allowUnverifiedUntil?: number;
  readonly maxJsonDepth: number | false;
  readonly openPaths: readonly string[];
  readonly replay: Required<ReplayOptions>;
  readonly audit: Required<AuditOptions>;
  readonly callers: CallerOptions;
}

/** Injection token of {@link ResolvedOptions}. */
export const RESOLVED_OPTIONS = Symbol('InternalTokenResolvedOptions');
