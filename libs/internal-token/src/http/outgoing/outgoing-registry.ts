import type { Application } from '../../nest/index.js';
import type { CallingContext } from './calling-context.js';
import { type Caller, OutgoingCall } from './outgoing-call.js';
import type { OutgoingPolicy, OutgoingTarget } from './outgoing-policy.js';
import type { InternalTokenError } from '../../core/index.js';

/** Decides on the outgoing calls of one application. */
export interface Propagation extends Caller, Pick<OutgoingPolicy, 'concerns' | 'decide'> {
  readonly application: Application;
}

/** The running applications of this process that propagate tokens. */
const applications = new Map<Application, Propagation>();

/** @returns true if it is the first one */
export function register(propagation: Propagation): boolean {
  applications.set(propagation.application, propagation);
  return applications.size === 1;
}

/** @returns true if it was the last one */
export function unregister(propagation: Propagation): boolean {
  return applications.delete(propagation.application) && applications.size === 0;
}

/** What a client does with a call: send it with these fields and no other reserved ones, or not at all. */
export type Ruling =
  | { readonly refusal: InternalTokenError; readonly fields?: never; readonly call?: never }
  | { readonly refusal?: never; readonly fields: readonly string[]; readonly call?: OutgoingCall };

const BARE: Ruling = { fields: [] };

/**
 * Decides by the rules of the application in whose context the call is made. Undefined if no application is concerned:
 * the call goes out unchanged. Outside any context there is no token to send, so calls to the internal origins of every
 * application are refused.
 *
 * @param options.upgrade true if the call becomes a long-lived connection
 * @param options.abort aborts the call when its deadline passes
 */
export function rule(
  target: OutgoingTarget,
  { store, exempt }: CallingContext,
  options: { readonly upgrade?: boolean; readonly abort: (error: InternalTokenError) => void },
): Ruling | undefined {
  if (exempt) return undefined;
  const propagation = store?.application === undefined ? closedBy(target) : applications.get(store.application);
  if (propagation === undefined) return undefined;
  const decision = propagation.decide(target, store);
  if (decision.action === 'refuse') {
    propagation.count(decision.error);
    return { refusal: decision.error };
  }
  if (decision.action === 'leave' || store === undefined) return BARE;
  const { upgrade = false, abort } = options;
  const call = new OutgoingCall(propagation, { store, attachment: decision, method: target.method, upgrade, abort });
  return { fields: call.fields, call };
}

function closedBy(target: OutgoingTarget): Propagation | undefined {
  for (const propagation of applications.values()) if (propagation.concerns(target)) return propagation;
  return undefined;
}
