import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { InternalTokenError, type InternalTokenErrorCode } from '../../core/index.js';
import type { HandlerPolicy } from './handler-policy.js';
import { RESOLVED_OPTIONS, type ResolvedOptions } from '../internal-token.options.js';
import type { EnforcementMode } from './enforcement-mode.js';

type Options = Pick<ResolvedOptions, 'mode' | 'allowUnverifiedUntil'>;

/** Decides which requests without verified claims go on, and counts them: the modes `presence` and `shadow`. */
@Injectable()
export class UnverifiedRequests implements OnModuleInit {
  readonly #logger = new Logger('InternalTokenMode');
  readonly #counts = new Map<string, number>();
  /** What was told already; as many as there are handlers and codes. */
  readonly #told = new Set<string>();

  constructor(@Inject(RESOLVED_OPTIONS) private readonly options: Options) {}

  onModuleInit(): void {
    const { mode, allowUnverifiedUntil } = this.options;
    if (mode === 'strict') return;
    const until = new Date(allowUnverifiedUntil ?? 0).toISOString();
    this.#logger.warn(
      this.modeOf() === 'strict'
        ? `Mode "${mode}" was allowed until ${until}, which has passed: every request needs a token that verifies.`
        : `Mode "${mode}": requests whose token does not verify reach handlers that ask for no claims, until ${until}.`,
    );
  }

  /** How many requests went on unverified: by mode and code of the refusal, as `shadow txn_expired`. */
  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  /** The mode that counts now, for a handler or for the service as a whole. */
  modeOf(policy?: Pick<HandlerPolicy, 'mode'>): EnforcementMode {
    const { allowUnverifiedUntil } = this.options;
    const mode = policy?.mode ?? this.options.mode;
    return allowUnverifiedUntil !== undefined && Date.now() < allowUnverifiedUntil ? mode : 'strict';
  }

  /** May a request that was refused for this reason go on to a handler of this policy? Nothing is counted yet. */
  mayPass(error: unknown, policy: HandlerPolicy): boolean {
    // Only a 401 is about the token. Keys that are not there yet, above all, let nobody pass in any mode.
    if (!(error instanceof InternalTokenError) || error.status !== 401) return false;
    const mode = this.modeOf(policy);
    if (mode === 'strict' || asksForClaims(policy)) return false;
    return mode === 'shadow' || error.code !== 'txn_missing';
  }

  /** Notes a request that goes on: counts each, and tells the first of a handler, a mode and a code. */
  note(code: InternalTokenErrorCode, policy: HandlerPolicy, handler: string): void {
    const mode = this.modeOf(policy);
    const name = `${mode} ${code}`;
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
    const line = `${handler} runs without claims (mode ${mode}): ${code}`;
    if (this.#told.has(line)) return;
    this.#told.add(line);
    this.#logger.warn(`${line}. Further ones are counted.`);
  }
}

function asksForClaims({ claims, scopes, permissions }: HandlerPolicy): boolean {
  return claims || Array.isArray(scopes) || permissions.length > 0;
}
