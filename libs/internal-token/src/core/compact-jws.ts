import { InternalTokenError } from './errors.js';
import { type JsonObject, parseStrictJsonObject } from './strict-json.js';

/** Limits of {@link parseCompactJws}. */
export interface CompactJwsLimits {
  /** Longest accepted token in bytes. Default 8192. */
  readonly maxBytes?: number;
}

/** A token that is well-formed; whether anything in it is true is not known yet. */
export interface CompactJws {
  readonly header: JsonObject;
  readonly payload: JsonObject;
  /** The bytes that are signed: the first two parts and the dot between. */
  readonly signingInput: Uint8Array;
  readonly signature: Uint8Array;
}

const DEFAULT_MAX_BYTES = 8192;
const COMPACT = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/**
 * Reads a JWS in compact form (RFC 7515, section 7.1) so strictly that exactly one text stands for each token:
 * three non-empty parts of canonical base64url, each of the first two the UTF-8 text of one JSON object without
 * duplicate names. Looks at no claim and knows no key.
 * @throws InternalTokenError `txn_too_large`, `txn_malformed`; nothing else for any input
 */
export function parseCompactJws(raw: string, limits: CompactJwsLimits = {}): CompactJws {
  if (typeof raw !== 'string') throw malformed('a token is a string');
  if (raw.length > (limits.maxBytes ?? DEFAULT_MAX_BYTES)) throw new InternalTokenError('txn_too_large');
  if (!COMPACT.test(raw)) throw malformed('a token is three parts of base64url, separated by dots');
  const firstDot = raw.indexOf('.');
  const lastDot = raw.indexOf('.', firstDot + 1);
  return {
    header: parseStrictJsonObject(decode(raw.slice(0, firstDot))),
    payload: parseStrictJsonObject(decode(raw.slice(firstDot + 1, lastDot))),
    signingInput: Buffer.from(raw.slice(0, lastDot), 'latin1'),
    signature: decode(raw.slice(lastDot + 1)),
  };
}

/** Bytes of base64url whose characters were checked before; refuses bits that decoding would drop. */
function decode(part: string): Buffer {
  const rest = part.length % 4;
  const last = ALPHABET.indexOf(part.charAt(part.length - 1));
  if (rest === 1 || (rest === 2 && (last & 15) !== 0) || (rest === 3 && (last & 3) !== 0)) {
    throw malformed('the base64url is not canonical');
  }
  return Buffer.from(part, 'base64url');
}

function malformed(detail: string): InternalTokenError {
  return new InternalTokenError('txn_malformed', detail);
}
