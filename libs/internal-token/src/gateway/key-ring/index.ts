export { KeyDirectory } from './key-directory.js';
export type { KeyParameters } from './key-generator.js';
export { KeyRing, type KeyRingEvent, type KeyRingOptions } from './key-ring.js';
export { KeyRotation } from './key-rotation.js';
export type { SigningKeyInfo } from './key-ring-snapshot.js';
export { type RotationPolicy, type SafeRotationPolicy, safeRotationPolicy } from './rotation-policy.js';
export type { SigningKey, SigningKeyProvider, SigningKeyState } from './signing-key-provider.js';
export { UnsafeKeyChange } from './unsafe-key-change.js';
