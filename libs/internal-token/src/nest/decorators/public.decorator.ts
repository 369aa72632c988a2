import { declarePolicy } from '../policy/handler-policy.js';

/**
 * Accepts the anonymous principal: callers without credentials get a token too, as `anonymous`, without permissions.
 * A token is still required. Known users need the scope of `@RequireScope()`; anonymous does not.
 */
export const Public = (): MethodDecorator & ClassDecorator => declarePolicy({ access: 'public' }, '@Public()');
