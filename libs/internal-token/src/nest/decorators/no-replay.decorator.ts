import { declarePolicy } from '../policy/handler-policy.js';

/**
 * Accepts an internal token only once: a second request with the same `txn`, handler and path parameters is refused as
 * `txn_replayed`, whatever its method, query or body, so a `HEAD` after a `GET` too. For handlers that must not run
 * twice within one user request and that no service calls twice within one.
 *
 * Uses are remembered in this process, or in the `ReplayStore` that the application provides.
 */
export const NoReplay = (): MethodDecorator & ClassDecorator => declarePolicy({ singleUse: true }, '@NoReplay()');
