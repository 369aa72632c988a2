import { declarePolicy } from '../policy/handler-policy.js';
import type { EnforcementMode as Mode } from '../policy/enforcement-mode.js';

export type EnforcementMode = Mode;

/**
 * Decides what happens to a request whose internal token does not verify, for this handler or every handler of a class;
 * see the type of the same name. Overrides the option `mode`.
 *
 * Modes other than `strict` apply only until `allowUnverifiedUntil`; without that option they do not apply at all.
 */
export const EnforcementMode = (mode: Mode): MethodDecorator & ClassDecorator =>
  declarePolicy({ mode }, '@EnforcementMode()');
