import { type CompactJws, InternalTokenError, parseCompactJws } from '../../core/index.js';

/** The two fields of a WIMSE request, in lower case. */
export const WIT_FIELD = 'workload-identity-token';
export const WPT_FIELD = 'workload-proof-token';

/** Header members that bring keys along, require extensions or mark another format than a plain JWS. */
const FORBIDDEN_MEMBERS = ['crit', 'b64', 'zip', 'enc', 'jwk', 'jku', 'x5c', 'x5u'];

export interface WimseJwt extends CompactJws {
  readonly algorithm: string;
}

/**
 * Parses a token of one type without checking its signature.
 * @param name the name of the token in the error message
 * @throws InternalTokenError `caller_invalid`
 */
export function readWimseJwt(raw: string, name: 'WIT' | 'WPT'): WimseJwt {
  let jwt: CompactJws;
  try {
    jwt = parseCompactJws(raw);
  } catch {
    throw invalid(`the ${name} is not a well-formed JWT`);
  }
  const { typ, alg } = jwt.header;
  const type = `${name.toLowerCase()}+jwt`;
  const media = typeof typ === 'string' ? typ.toLowerCase() : undefined;
  if (media !== type && media !== `application/${type}`) throw invalid(`the ${name} has another type`);
  if (typeof alg !== 'string') throw invalid(`the ${name} names no algorithm`);
  if (FORBIDDEN_MEMBERS.some((member) => Object.hasOwn(jwt.header, member))) {
    throw invalid(`the header of the ${name} has a member that is not accepted`);
  }
  return { ...jwt, algorithm: alg };
}

/** The values of a field, from `rawHeaders`, since the parsed headers have duplicates joined or dropped. */
export function valuesOf(rawHeaders: readonly string[], lowerName: string): readonly string[] {
  const values: string[] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i];
    if (name?.length === lowerName.length && name.toLowerCase() === lowerName) values.push(rawHeaders[i + 1] ?? '');
  }
  return values;
}

/** The access token in an `Authorization` field. */
export function accessTokenIn(authorization: string | undefined): string | undefined {
  return /^(?:bearer|dpop) +(\S+)$/i.exec(authorization ?? '')?.[1];
}

export function invalid(finding: string): InternalTokenError {
  return new InternalTokenError('caller_invalid', `The caller: ${finding}.`);
}

export function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
