/** A JSON value as parsed from a token: nothing about it is trusted yet. */
export type JsonObject = { readonly [name: string]: unknown };

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

/** The strict reading of a JWS in compact form. */
export function parseCompactJws(_raw: string, _limits?: CompactJwsLimits): CompactJws {
  throw new Error('not yet');
}
