/** What each signing algorithm requires of its key (RFC 7518, section 3; RFC 8037). There are no symmetric ones. */
export const SIGNING_ALGORITHMS = {
  ES256: { keyType: 'ec', curve: 'prime256v1', digest: 'sha256', signatureBytes: 64 },
  ES384: { keyType: 'ec', curve: 'secp384r1', digest: 'sha384', signatureBytes: 96 },
  ES512: { keyType: 'ec', curve: 'secp521r1', digest: 'sha512', signatureBytes: 132 },
  EdDSA: { keyType: 'ed25519', curve: undefined, digest: undefined, signatureBytes: 64 },
  RS256: { keyType: 'rsa', curve: undefined, digest: 'sha256', signatureBytes: undefined },
  PS256: { keyType: 'rsa', curve: undefined, digest: 'sha256', signatureBytes: undefined },
} as const;

/** An algorithm an internal token may be signed with. ES256 is the default. */
export type SigningAlgorithm = keyof typeof SIGNING_ALGORITHMS;

/** True for the exact, case-sensitive name of an allowed algorithm; never for `none` or an HMAC. */
export function isSigningAlgorithm(value: unknown): value is SigningAlgorithm {
  return typeof value === 'string' && Object.hasOwn(SIGNING_ALGORITHMS, value);
}
