import { createSigner, OptionPath } from '../../core/index.js';
import { KeyRing, type KeyRingEvent } from '../key-ring/index.js';
import { signerFromJwtOptions } from '../key-ring/signer-from-jwt-options.js';
import type { ResolvedSigningOptions } from './internal-token-issuing.options.js';

/**
 * Opens the ring that the options describe. A single key becomes a ring of one.
 * @throws InternalTokenError `configuration_invalid`
 */
export async function openRing(
  { ring, signer, jwt, key, algorithm, keyId }: ResolvedSigningOptions,
  lifetimeSeconds: number,
  onEvent: (event: KeyRingEvent) => void,
): Promise<KeyRing> {
  if (ring instanceof KeyRing) return fit(ring, lifetimeSeconds);
  if (ring !== undefined) return KeyRing.open({ onEvent, ...ring }, lifetimeSeconds);
  if (signer !== undefined) return KeyRing.of(signer);
  if (jwt !== undefined) return KeyRing.of(await signerFromJwtOptions(jwt));
  return KeyRing.of(
    await createSigner({
      key: key ?? '',
      ...(algorithm !== undefined && { algorithm }),
      ...(keyId !== undefined && { keyId }),
    }),
  );
}

/** A ring that was opened elsewhere was checked for the lifetime given there. */
function fit(ring: KeyRing, lifetimeSeconds: number): KeyRing {
  if (lifetimeSeconds <= ring.longestLifetime) return ring;
  throw new OptionPath('InternalTokenIssuingModule', 'lifetimeSeconds').refused(
    `is ${lifetimeSeconds}, but the rotation policy of the ring withdraws a key ${ring.longestLifetime} s after its last ` +
      'token: give KeyRing.open() the same lifetime',
  );
}
