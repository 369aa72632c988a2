import { InternalTokenError } from '../../core/index.js';

/**
 * The same answer for every access token that is not accepted, so that clients do not learn which check it failed.
 * @param reason for the log, as the `cause` of the error; must not contain any part of the token
 */
export function invalidToken(reason: string): InternalTokenError {
  return new InternalTokenError('access_token_invalid', undefined, { cause: reason });
}

/** Other credentials than Bearer get the answer for missing ones (RFC 6750 section 3.1), on public routes too. */
export function missingToken(reason: string): InternalTokenError {
  return new InternalTokenError('access_token_missing', undefined, { cause: reason });
}

export function invalidRequest(detail: string): InternalTokenError {
  return new InternalTokenError('invalid_request', detail);
}

/** @param reason for the log, as the `cause` of the error */
export function providerUnavailable(reason: string): InternalTokenError {
  return new InternalTokenError('identity_provider_unavailable', undefined, { cause: reason });
}

/** An option that stops the start: its name, what it was given, and the fix. */
export function wrongOption(key: string, given: unknown, fix: string): InternalTokenError {
  return wrongSetting(key, shown(given), fix);
}

/** The same where the value itself is better described than shown. */
export function wrongSetting(key: string, got: string, fix: string): InternalTokenError {
  return new InternalTokenError('configuration_invalid', `${key}: got ${got}; ${fix}.`);
}

/** A whole number within bounds, or its default. */
export function wholeNumber(given: unknown, key: string, byDefault: number, least: number, most: number): number {
  if (given === undefined) return byDefault;
  if (Number.isInteger(given) && (given as number) >= least && (given as number) <= most) return given as number;
  throw wrongOption(key, given, `give a whole number from ${least} to ${most}, or leave it out for ${byDefault}`);
}

function shown(given: unknown): string {
  if (given === undefined) return 'nothing';
  const text = typeof given === 'string' ? JSON.stringify(given) : (JSON.stringify(given) ?? typeof given);
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}
