export { InternalTokenIdGenerator } from './internal-token-id-generator.js';
export { InternalTokenPropagator } from './internal-token-propagator.js';
