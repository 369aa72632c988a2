import {
  type CustomClaimsSchema,
  keyOptions,
  type KeyOptions,
  option,
  OptionPath,
  type SigningAlgorithm,
  type TokenCacheOptions,
  VERIFIER_CHECKS,
} from '../core/index.js';
import type { EnforcementMode } from './policy/enforcement-mode.js';
import { REPLAY_TIMEOUT_MS } from './replay/first-use.js';
import { openPathsOption } from './routes/open-paths.js';

/** Options of `InternalTokenModule.forRoot()`. */
export interface InternalTokenOptions {
  /** This process' name on log lines and spans, such as `orders`. */
  readonly service: string;
  /** `aud` that a token must be for: the name shared by every service behind one gateway. No default. */
  readonly trustDomain: string;
  /** `iss` that a token must come from. Default `api_gateway`. */
  readonly issuer?: string;
  /** Where the public keys come from (`jwksUri`, `jwksFile`, `publicKeys` or `source`), and for how long they count. */
  readonly keys: KeyOptions;
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
  /** How many verified tokens are remembered, so that one that comes again costs a look-up. Default 1000; `false` for none. */
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

/** Injection token of {@link ResolvedOptions}. */
export const RESOLVED_OPTIONS = Symbol('InternalTokenResolvedOptions');

/** A mode that lets unverified requests pass is a stage of a migration, not a state to live in. */
const MAX_UNVERIFIED_MS = 90 * 24 * 60 * 60 * 1000;

const callerId = option.check<string>(
  'an id without spaces, such as "spiffe://shop.example/gateway"',
  (given) => typeof given === 'string' && /^\S+$/.test(given),
);

const date = option.check<Date | string>(
  'a Date or ISO 8601 text, such as "2026-12-31T18:00:00Z"',
  (given) => !Number.isNaN(millisecondsOf(given)),
);

const jsonDepth = option.check<number | false>(
  'a whole number from 1 to 10000, or false',
  (given) => given === false || (Number.isInteger(given) && (given as number) >= 1 && (given as number) <= 10_000),
);

/** The checks of {@link InternalTokenOptions}; other modules pass some of them on. */
export const INTERNAL_TOKEN_CHECKS = {
  ...VERIFIER_CHECKS,
  service: option.text('a name for this process, such as "orders"'),
  keys: keyOptions,
  requireScopePolicy: option.withDefault(false, option.flag),
  mode: option.withDefault('strict', option.oneOf('strict', 'presence', 'shadow')),
  allowUnverifiedUntil: option.optional(date),
  maxJsonDepth: option.withDefault(64, jsonDepth),
  openPaths: openPathsOption,
  replay: option.optionalGroup({
    handlers: option.withDefault('marked', option.oneOf('marked', 'all')),
    onFailure: option.withDefault('refuse', option.oneOf('refuse', 'accept')),
    timeoutMs: option.withDefault(REPLAY_TIMEOUT_MS, option.amount(1, 5000, 'milliseconds')),
  } satisfies option.ChecksOf<ReplayOptions>),
  callers: option.optionalGroup({
    allow: option.optional(option.listOf('ids of processes', callerId, { atLeast: 1 })),
    self: option.optional(callerId),
  } satisfies option.ChecksOf<CallerOptions>),
  audit: option.optionalGroup({
    include: option.withDefault(Object.freeze([]), option.listOf('claims', option.oneOf('userId', 'tenantId'))),
  } satisfies option.ChecksOf<AuditOptions>),
} satisfies option.ChecksOf<InternalTokenOptions>;

const checkOptions = option.group(INTERNAL_TOKEN_CHECKS);

/** {@link InternalTokenOptions}, checked, complete and frozen. */
export type ResolvedOptions = Omit<ReturnType<typeof checkOptions>, 'allowUnverifiedUntil'> & {
  /** Milliseconds since the epoch. */
  readonly allowUnverifiedUntil?: number;
};

/** @throws InternalTokenError `configuration_invalid`, naming the option, what was given and what is allowed */
export function resolveOptions(options: InternalTokenOptions): ResolvedOptions {
  const at = new OptionPath('InternalTokenModule');
  const { allowUnverifiedUntil, ...checked } = checkOptions(options, at);
  const until = checkEnforcement(checked.mode, allowUnverifiedUntil, at);
  return Object.freeze({ ...checked, ...(until !== undefined && { allowUnverifiedUntil: until }) });
}

/**
 * The end of a mode that is not strict, in milliseconds since the epoch.
 * @throws InternalTokenError `configuration_invalid` for such a mode without an end, or one too far away
 */
export function checkEnforcement(
  mode: string,
  allowUnverifiedUntil: Date | string | undefined,
  at: OptionPath,
): number | undefined {
  if (allowUnverifiedUntil === undefined) {
    if (mode === 'strict') return undefined;
    throw at
      .member('mode')
      .refused(`is "${mode}" without an end; set "allowUnverifiedUntil" to when it becomes "strict"`);
  }
  const until = millisecondsOf(allowUnverifiedUntil);
  if (until - Date.now() <= MAX_UNVERIFIED_MS) return until;
  throw at
    .member('allowUnverifiedUntil')
    .refused('must be at most 90 days away; give a nearer date, and renew it if need be');
}

function millisecondsOf(given: unknown): number {
  if (given instanceof Date) return given.getTime();
  return typeof given === 'string' && /^\d{4}-\d\d-\d\d/.test(given) ? Date.parse(given) : Number.NaN;
}
