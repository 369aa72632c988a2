import type { Signer } from '../core/index.js';
import type { InternalTokenSigningKey } from './internal-token-issuing.options.js';

/** The signer that the options describe. */
export async function resolveSigner(_options: InternalTokenSigningKey): Promise<Signer> {
  throw new Error('not yet');
}
