import { declarePolicy } from './handler-policy.js';
import type { TokenMode as Mode } from './token-mode.js';

export type TokenMode = Mode;

/**
 * What becomes of a request to this handler, or to every handler of a class, whose internal token does not verify;
 * see the type of the same name. Takes the place of the option `mode`.
 *
 * Less than `strict` counts only until `allowUnverifiedUntil`; without that option it does not count at all.
 */
export const TokenMode = (mode: Mode): MethodDecorator & ClassDecorator => declarePolicy({ mode }, '@TokenMode()');
