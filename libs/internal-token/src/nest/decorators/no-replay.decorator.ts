import { declarePolicy } from '../policy/handler-policy.js';

/**
 * One internal token may come here once: a second request with the same `txn`, handler and path parameters is refused as
 * `txn_replayed`, whatever its method, query or body: a `HEAD` after a `GET` too. For handlers that must not run twice for one request of a
 * user, and that no service calls twice on behalf of one.
 *
 * Uses are remembered in this process, or in the `ReplayStore` that the application provides.
 */
export const NoReplay = (): MethodDecorator & ClassDecorator => declarePolicy({ singleUse: true }, '@NoReplay()');
