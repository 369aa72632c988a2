export { isSigningAlgorithm, type SigningAlgorithm } from './keys/algorithms.js';
export { ANONYMOUS_USER_ID, type CustomClaims, type InternalTokenClaims } from './token/internal-token-claims.js';
export { type CompactJws, type CompactJwsLimits, parseCompactJws } from './token/compact-jws.js';
export { customClaimsOption, type CustomClaimsSchema } from './token/read-custom-claims.js';
export { type ErrorEntry, INTERNAL_TOKEN_ERRORS, InternalTokenError, type InternalTokenErrorCode } from './errors.js';
export {
  validateKeySet,
  heldKeys,
  type JsonWebKeySet,
  jwksFileSource,
  type JwksUriOptions,
  jwksUriSource,
  type KeySource,
  KeyStore,
  type KeyStoreEvent,
  type KeyStoreOptions,
  publicKeySource,
  type PublicKeyOptions,
  algorithmOption,
  type KeyInput,
  type KeyAgeOptions,
  keyIdOption,
  keyOptions,
  type KeyOptions,
  maxAgeSeconds,
  refreshSeconds,
  type ResolvedKeyOptions,
  type SignatureFault,
  staticSource,
  type VerificationKey,
  withSigningKey,
} from './keys/index.js';
export { checkFileMode, type FileContent, readAtMost, readSecretFile, withFile } from './guarded-file.js';
export {
  ISSUING_CHECKS,
  MAX_MINTED_BYTES,
  type MintInput,
  TokenMinter,
  type TokenMinterOptions,
} from './token/minter.js';
export { challengeFor, type Problem, PROBLEM_CONTENT_TYPE, retryAfterOf, toProblem } from './problem.js';
export { isWithoutPropagation, withoutPropagation } from './propagation.js';
export { announcesBody } from './announces-body.js';
export { Given } from './given.js';
export { LinkedSet } from './linked-set.js';
export { RecentMap } from './recent-map.js';
export { sendProblem } from './send-problem.js';
export {
  createSigner,
  type LocalSigning,
  localSigning,
  type PublicJwk,
  type Signer,
  type SignerOptions,
} from './token/signer.js';
export { claimOf, isJsonObject, type JsonObject } from './strict-json.js';
export { isSubject } from './is-subject.js';
export * as option from './options/index.js';
export { OptionPath } from './options/index.js';
export { isRenewableTls, type RenewableTls, type TlsMaterial, tlsOption } from './tls-material.js';
export { tokenHash } from './token/token-hash.js';
export { readTokenHeader, TXN_TOKEN_HEADER } from './token/token-header.js';
export { isTransactionId, newSpanId, newTransactionId } from './token/transaction-id.js';
export { encodedToken, isVerified, keyIdOf, type VerifiedClaims } from './token/verified-claims.js';
export { InternalTokenVerifier } from './token/internal-token-verifier.js';
export { type TokenCacheOptions, VERIFIER_CHECKS, type VerifierOptions } from './token/verifier.options.js';
