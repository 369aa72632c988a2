import { declarePolicy } from '../policy/handler-policy.js';

/** Declares that a handler serves every purpose: the deliberate opposite of `@RequireScope()`. */
export const AnyScope = (): MethodDecorator & ClassDecorator => declarePolicy({ scopes: 'any' }, '@AnyScope()');
