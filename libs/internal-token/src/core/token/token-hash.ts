import { createHash } from 'node:crypto';

/**
 * A hash that may be logged instead of the token: base64url(SHA-256(ASCII(token))),
 * the formula of `tth` in WIMSE workload proof tokens.
 */
export function tokenHash(token: string): string {
  return createHash('sha256').update(token, 'latin1').digest('base64url');
}
