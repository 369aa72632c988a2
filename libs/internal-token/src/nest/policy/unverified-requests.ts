import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { InternalTokenError, type InternalTokenErrorCode } from '../../core/index.js';
import type { HandlerPolicy } from './handler-policy.js';
import { RESOLVED_OPTIONS, type ResolvedOptions } from '../internal-token.options.js';
import type { EnforcementMode } from './enforcement-mode.js';

type Options = Pick<ResolvedOptions, 'mode' | 'allowUnverifiedUntil'>;

/** Decides which requests go on without verified claims, in the modes `presence` and `shadow`, and counts them. */
@Injectable()
export class UnverifiedRequests implements OnModuleInit {
  readonly #logger = new Logger('InternalTokenMode');
  readonly #counts = new Map<string, number>();
  /** Lines that were already logged; at most one per handler, mode and code. */
  readonly #told = new Set<string>();

  constructor(@Inject(RESOLVED_OPTIONS) private readonly options: Options) {}

  onModuleInit(): void {
    const { mode, allowUnverifiedUntil } = this.options;
    if (mode === 'strict') return;
    const until = new Date(allowUnverifiedUntil ?? 0).toISOString();
    this.#logger.warn(
      this.modeOf() === 'strict'
        ? `Mode "${mode}" was allowed until ${until}, which has passed: every request needs a valid token.`
        : `Mode "${mode}": until ${until}, requests without a valid token reach handlers that need no claims.`,
    );
  }

  /** The number of requests that went on unverified, by mode and code: `shadow txn_expired`. */
  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  /** The mode that applies now, for a handler or for the service as a whole. */
  modeOf(policy?: Pick<HandlerPolicy, 'mode'>): EnforcementMode {
    const { allowUnverifiedUntil } = this.options;
    const mode = policy?.mode ?? this.options.mode;
    return allowUnverifiedUntil !== undefined && Date.now() < allowUnverifiedUntil ? mode : 'strict';
  }

  /** True if a request that was refused for this reason may go on to a handler with this policy. Counts nothing. */
  mayPass(error: unknown, policy: HandlerPolicy): boolean {
    // Only a 401 concerns the token. In particular, missing keys let nobody pass in any mode.
    if (!(error instanceof InternalTokenError) || error.status !== 401) return false;
    const mode = this.modeOf(policy);
    if (mode === 'strict' || asksForClaims(policy)) return false;
    return mode === 'shadow' || error.code !== 'txn_missing';
  }

  /** Counts a request that goes on, and logs the first one for each handler, mode and code. */
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
