import { isWithoutPropagation } from '../../core/index.js';
import { currentStore, type InternalTokenStore } from '../../nest/index.js';

/** The context in which a call is made. */
export interface CallingContext {
  readonly store: InternalTokenStore | undefined;
  readonly exempt: boolean;
}

/** The context of the code that is running now. */
export function callingContext(): CallingContext {
  return { store: currentStore(), exempt: isWithoutPropagation() };
}
