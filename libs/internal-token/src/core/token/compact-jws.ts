import { InternalTokenError } from '../errors.js';
import { type JsonObject, parseStrictJsonObject } from '../strict-json.js';

/** Limits of {@link parseCompactJws}. */
export interface CompactJwsLimits {
  /** Longest accepted token in bytes. Default 8192. */
  readonly maxBytes?: number;
}

/** A well-formed token; nothing in it has been verified yet. */
export interface CompactJws {
  readonly header: JsonObject;
  readonly payload: JsonObject;
  /** The bytes that are signed: the first two parts and the dot between them. */
  readonly signingInput: Uint8Array;
  readonly signature: Uint8Array;
}

/** The three parts, of which only the outer form has been checked. */
export interface CompactParts {
  /** As it stands in the token: base64url, for {@link readPart}. */
  readonly header: string;
  readonly payload: string;
  readonly signingInput: Uint8Array;
  readonly signature: Uint8Array;
}

export const MAX_TOKEN_BYTES = 8192;

/**
 * Parses a JWS in compact form (RFC 7515, section 7.1) so strictly that each token has exactly one spelling:
 * three non-empty parts of canonical base64url, of which the first two are each the UTF-8 text of one JSON object
 * without duplicate names. Checks no claims and no signature.
 * @throws InternalTokenError `txn_too_large`, `txn_malformed`; nothing else for any input
 */
export function parseCompactJws(raw: string, limits: CompactJwsLimits = {}): CompactJws {
  const { header, payload, signingInput, signature } = splitCompactJws(raw, limits);
  return { header: readPart(header), payload: readPart(payload), signingInput, signature };
}

/** The first half of {@link parseCompactJws}. Read the header and the payload with {@link readPart} afterwards. */
export function splitCompactJws(raw: string, limits: CompactJwsLimits = {}): CompactParts {
  if (typeof raw !== 'string') throw malformed('the token is not a string');
  if (raw.length > (limits.maxBytes ?? MAX_TOKEN_BYTES)) throw new InternalTokenError('txn_too_large');
  const firstDot = raw.indexOf('.');
  const lastDot = raw.indexOf('.', firstDot + 1);
  if (firstDot < 1 || lastDot === firstDot + 1 || lastDot < 0 || lastDot === raw.length - 1) {
    throw malformed('the token is not three base64url parts separated by dots');
  }
  return {
    header: raw.slice(0, firstDot),
    payload: raw.slice(firstDot + 1, lastDot),
    signingInput: Buffer.from(raw.slice(0, lastDot), 'latin1'),
    signature: decode(raw.slice(lastDot + 1)),
  };
}

/** Parses the header or the payload of a token. */
export function readPart(part: string): JsonObject {
  return parseStrictJsonObject(decode(part));
}

/**
 * Decodes base64url. Encoding the bytes again must give the same text, so nothing passes that the decoder would skip:
 * an extra dot, padding, whitespace, the alphabet of plain base64 or surplus bits at the end.
 */
function decode(part: string): Buffer {
  const bytes = Buffer.from(part, 'base64url');
  if (bytes.toString('base64url') !== part) throw malformed('a part is not canonical base64url');
  return bytes;
}

function malformed(detail: string): InternalTokenError {
  return new InternalTokenError('txn_malformed', detail);
}
