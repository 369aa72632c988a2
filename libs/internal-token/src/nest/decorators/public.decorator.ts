import { declarePolicy } from '../policy/handler-policy.js';

/**
 * Accepts the anonymous principal: the gateway issues a token for clients without credentials too, as `anonymous` and
 * without permissions. A token is still required. Known users need the scope of `@RequireScope()`; anonymous does not.
 */
export const Public = (): MethodDecorator & ClassDecorator => declarePolicy({ access: 'public' }, '@Public()');
