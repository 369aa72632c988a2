import { types } from 'node:util';
import { InternalTokenError } from '../../core/index.js';
import type { EdgePolicy, EdgePolicyStage, EdgeRequest } from './edge-policy.js';

const STAGES: readonly EdgePolicyStage[] = ['before-authentication', 'after-authentication'];

/** The policies of the application, each in its stage and in its order. */
export class EdgePolicies {
  readonly #before: readonly EdgePolicy[];
  readonly #after: readonly EdgePolicy[];

  /** @throws InternalTokenError `configuration_invalid`, naming the policy and the fix */
  constructor(policies: readonly EdgePolicy[]) {
    for (const policy of policies) assertStage(policy);
    const inOrder = policies.toSorted((one, other) => one.order - other.order);
    this.#before = inOrder.filter(({ runs }) => runs === 'before-authentication');
    this.#after = inOrder.filter(({ runs }) => runs === 'after-authentication');
  }

  /** True if there is any policy to ask before authentication. */
  get early(): boolean {
    return this.#before.length > 0;
  }

  /** True if there is any policy to ask after authentication. */
  get late(): boolean {
    return this.#after.length > 0;
  }

  /** @throws InternalTokenError `configuration_invalid` (500) where one returns a promise, and whatever they throw */
  checkBefore(request: EdgeRequest): void {
    for (const policy of this.#before) {
      const returned: unknown = policy.check(request);
      if (!isThenable(returned)) continue;
      // Its outcome comes too late for anybody; a rejection must not end the process.
      Promise.resolve(returned).catch(() => undefined);
      throw notSynchronous(policy);
    }
  }

  /** A promise only from the first policy on that returned one. */
  checkAfter(request: EdgeRequest): Promise<void> | undefined {
    for (let index = 0; index < this.#after.length; index++) {
      const pending = this.#after[index]?.check(request);
      if (pending !== undefined) return this.#checkRest(pending, request, index + 1);
    }
    return undefined;
  }

  async #checkRest(pending: Promise<void>, request: EdgeRequest, next: number): Promise<void> {
    await pending;
    for (const policy of this.#after.slice(next)) await policy.check(request);
  }
}

function assertStage(policy: EdgePolicy): void {
  const { runs } = policy;
  if (!STAGES.includes(runs)) {
    throw invalid(
      `${nameOf(policy)}.runs is ${JSON.stringify(runs)}: use ${STAGES.map((one) => `"${one}"`).join(' or ')}.`,
    );
  }
  // eslint-disable-next-line typescript/unbound-method -- looked at, not called
  if (runs === 'before-authentication' && types.isAsyncFunction(policy.check)) throw notSynchronous(policy);
}

function notSynchronous(policy: EdgePolicy): InternalTokenError {
  return invalid(
    `${nameOf(policy)} runs before authentication and returns a promise: make check() synchronous, or let it run ` +
      'after authentication.',
  );
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}

function nameOf(policy: EdgePolicy): string {
  return policy.constructor.name;
}

function invalid(detail: string): InternalTokenError {
  return new InternalTokenError('configuration_invalid', detail);
}
