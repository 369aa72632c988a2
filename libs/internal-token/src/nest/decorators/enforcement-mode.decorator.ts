import { declarePolicy } from '../policy/handler-policy.js';
import type { EnforcementMode as Mode } from '../policy/enforcement-mode.js';

export type EnforcementMode = Mode;

/**
 * What becomes of a request to this handler, or to every handler of a class, whose internal token does not verify;
 * see the type of the same name. Takes the place of the option `mode`.
 *
 * Less than `strict` counts only until `allowUnverifiedUntil`; without that option it does not count at all.
 */
export const EnforcementMode = (mode: Mode): MethodDecorator & ClassDecorator =>
  declarePolicy({ mode }, '@EnforcementMode()');
