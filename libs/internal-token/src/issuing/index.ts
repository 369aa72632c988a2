export { InternalTokenIssuer } from './internal-token.issuer.js';
export { JwksController } from './jwks.controller.js';
export { InternalTokenIssuingModule } from './internal-token-issuing.module.js';
export type { InternalTokenIssuingOptions, InternalTokenSigningKey } from './internal-token-issuing.options.js';
export { type Pkcs11Key, Pkcs11KeyProvider, type Pkcs11Options } from './pkcs11/index.js';
export {
  KeyDirectory,
  keysAt,
  type KeyParameters,
  KeyRing,
  type KeyRingEvent,
  type KeyRingOptions,
  KeyRotation,
  type PlannedActivation,
  type RotationPolicy,
  safeRotationPolicy,
  type SafeRotationPolicy,
  type SigningKey,
  type SigningKeyInfo,
  type SigningKeyProvider,
  type SigningKeyState,
  UnsafeKeyChange,
} from './ring/index.js';
export { createSigner, type MintInput, type Signer } from '../core/index.js';
