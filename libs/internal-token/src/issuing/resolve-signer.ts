import { createSigner, InternalTokenError, type Signer } from '../core/index.js';
import type { InternalTokenSigningKey } from './internal-token-issuing.options.js';
import { signerFromJwtOptions } from './jwt-options.bridge.js';

/**
 * The signer that the options describe: exactly one of `signer`, `key` and `jwt`.
 * @throws InternalTokenError `configuration_invalid`
 */
export async function resolveSigner(options: InternalTokenSigningKey): Promise<Signer> {
  const given = ['signer', 'key', 'jwt'].filter((name) => (options as Record<string, unknown>)[name] !== undefined);
  if (given.length !== 1) {
    throw new InternalTokenError(
      'configuration_invalid',
      `InternalTokenIssuingModule: ${given.length === 0 ? 'no signing key' : `${given.join(' and ')} together`}; ` +
        'give exactly one of "key", "signer" and "jwt".',
    );
  }
  if ('signer' in options) return options.signer;
  if ('jwt' in options) return signerFromJwtOptions(options.jwt);
  return createSigner({
    key: options.key,
    ...(options.algorithm !== undefined && { algorithm: options.algorithm }),
    ...(options.keyId !== undefined && { keyId: options.keyId }),
  });
}
