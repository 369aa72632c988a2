export { isSigningAlgorithm, type SigningAlgorithm } from './algorithms.js';
export { ANONYMOUS_USER_ID, type CustomClaims, type InternalTokenClaims } from './claims.js';
export { type CompactJws, type CompactJwsLimits, parseCompactJws } from './compact-jws.js';
export type { CustomClaimsSchema } from './custom-claims.js';
export { type ErrorEntry, INTERNAL_TOKEN_ERRORS, InternalTokenError, type InternalTokenErrorCode } from './errors.js';
export {
  admitKeys,
  heldKeys,
  type JsonWebKeySet,
  jwksFileSource,
  type JwksUriOptions,
  jwksUriSource,
  type KeySource,
  KeyStore,
  type KeyStoreEvent,
  type KeyStoreOptions,
  type PemKey,
  pemSource,
  type SignatureFault,
  staticSource,
  type VerificationKey,
  withSigningKey,
} from './keys/index.js';
export { checkFileMode, type FileContent, readAtMost, readSecretFile, withFile } from './guarded-file.js';
export { MAX_MINTED_BYTES, type MintInput, TokenMinter, type TokenMinterOptions } from './minter.js';
export { challengeFor, type Problem, PROBLEM_CONTENT_TYPE, retryAfterOf, toProblem } from './problem.js';
export { isWithoutPropagation, withoutPropagation } from './propagation.js';
export { sendProblem } from './send-problem.js';
export { createSigner, type PublicJwk, type Signer, type SignerOptions } from './signer.js';
export { claimOf, isJsonObject, type JsonObject } from './strict-json.js';
export { isSubject } from './subject.js';
export { isRenewableTls, type RenewableTls, type TlsMaterial } from './tls-material.js';
export { tokenHash } from './token-hash.js';
export { readTokenHeader, TXN_TOKEN_HEADER } from './token-header.js';
export { isTransactionId, newSpanId, newTransactionId } from './transaction-id.js';
export { encodedToken, isVerified, keyIdOf, type VerifiedClaims } from './verified-claims.js';
export type { TokenCacheOptions } from './verified-token.cache.js';
export { InternalTokenVerifier, type VerifierOptions } from './verifier.js';
