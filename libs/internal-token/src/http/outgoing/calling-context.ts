import { isWithoutPropagation } from '../../core/index.js';
import { currentStore, type InternalTokenStore } from '../../nest/index.js';

/** Who makes a call. */
export interface CallingContext {
  readonly store: InternalTokenStore | undefined;
  readonly exempt: boolean;
}

/** The context of the code that runs right now. */
export function callingContext(): CallingContext {
  return { store: currentStore(), exempt: isWithoutPropagation() };
}
