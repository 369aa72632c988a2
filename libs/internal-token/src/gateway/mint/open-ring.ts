import { createSigner, InternalTokenError } from '../../core/index.js';
import type { InternalTokenSigningKey } from './internal-token-issuing.options.js';
import { signerFromJwtOptions } from '../key-ring/signer-from-jwt-options.js';
import { KeyRing, type KeyRingEvent } from '../key-ring/index.js';

const SOURCES = ['ring', 'signer', 'key', 'jwt'];

/**
 * Opens the ring that the options describe: exactly one of `ring`, `signer`, `key` and `jwt`. A single key becomes a
 * ring of one.
 * @throws InternalTokenError `configuration_invalid`
 */
export async function openRing(
  options: InternalTokenSigningKey,
  lifetimeSeconds: number | undefined,
  onEvent: (event: KeyRingEvent) => void,
): Promise<KeyRing> {
  const given = SOURCES.filter((name) => (options as Record<string, unknown>)[name] !== undefined);
  if (given.length !== 1) {
    throw new InternalTokenError(
      'configuration_invalid',
      `InternalTokenIssuingModule: ${given.length === 0 ? 'no signing key' : `${given.join(' and ')} together`}; ` +
        'give exactly one of "ring", "key", "signer" and "jwt".',
    );
  }
  if ('ring' in options) {
    const { ring } = options;
    return ring instanceof KeyRing ? fit(ring, lifetimeSeconds) : KeyRing.open({ onEvent, ...ring }, lifetimeSeconds);
  }
  if ('signer' in options) return KeyRing.of(options.signer);
  if ('jwt' in options) return KeyRing.of(await signerFromJwtOptions(options.jwt));
  return KeyRing.of(
    await createSigner({
      key: options.key,
      ...(options.algorithm !== undefined && { algorithm: options.algorithm }),
      ...(options.keyId !== undefined && { keyId: options.keyId }),
    }),
  );
}

/** A ring that was opened elsewhere was checked for the lifetime given there. */
function fit(ring: KeyRing, lifetimeSeconds = 60): KeyRing {
  if (lifetimeSeconds <= ring.longestLifetime) return ring;
  throw new InternalTokenError(
    'configuration_invalid',
    `InternalTokenIssuingModule: lifetimeSeconds is ${lifetimeSeconds}, but the rotation policy of the ring withdraws a ` +
      `key ${ring.longestLifetime} s after its last token: give KeyRing.open() the same lifetime.`,
  );
}
