import { InternalTokenError } from '../../core/index.js';
import type { SigningKeyInfo } from '../../gateway/key-ring/index.js';

/** The key with this id, or the only one whose id starts with it. @throws InternalTokenError for none or several */
export function findKey(keys: readonly SigningKeyInfo[], given: string): SigningKeyInfo {
  const exact = keys.find(({ keyId }) => keyId === given);
  if (exact !== undefined) return exact;
  const [found, ...others] = given.length < 4 ? [] : keys.filter(({ keyId }) => keyId.startsWith(given));
  if (found !== undefined && others.length === 0) return found;
  const finding = found === undefined ? `There is no key ${given}` : `${others.length + 1} keys begin with ${given}`;
  throw new InternalTokenError(
    'configuration_invalid',
    `${finding}: give its id, or at least its first four characters. nestjs-internal-token keys list shows all keys.`,
  );
}
