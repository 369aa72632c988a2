export { validateKeySet } from './validate-key-set.js';
export type { JsonWebKeySet, KeySource } from './key-source.js';
export { jwksFileSource } from './jwks-file-source.js';
export { type JwksUriOptions, jwksUriSource } from './jwks-uri-source.js';
export { KeyStore, type KeyStoreOptions } from './key-store.js';
export { heldKeys, type KeyStoreEvent } from './key-store-event.js';
export { type SignatureFault, withSigningKey } from './with-signing-key.js';
export { staticSource } from './static-source.js';
export { publicKeySource, type PublicKeyOptions } from './public-key-source.js';
export type { KeyInput } from './import-key.js';
export {
  algorithmOption,
  type KeyAgeOptions,
  keyIdOption,
  keyOptions,
  type KeyOptions,
  maxAgeSeconds,
  refreshSeconds,
  type ResolvedKeyOptions,
} from './key-options.js';
export type { VerificationKey } from './verification-key.js';
