import { TXN_TOKEN_HEADER } from '../../core/index.js';

/**
 * True for every spelling of the token's field. `Txn_Token` is another field to HTTP, but the same one to servers whose
 * interface turns both into `TXN_TOKEN`.
 */
export function isTokenField(name: string): boolean {
  return name.length === TXN_TOKEN_HEADER.length && name.toLowerCase().replace('_', '-') === TXN_TOKEN_HEADER;
}

const RESERVED = new Set(['traceparent', 'tracestate', 'workload-identity-token', 'workload-proof-token']);
const LENGTHS = new Set([...RESERVED].map(({ length }) => length));

/** True for the request fields that only this library may write. */
export function isReserved(name: string): boolean {
  if (isTokenField(name)) return true;
  return LENGTHS.has(name.length) && RESERVED.has(name.toLowerCase());
}

const RESERVED_LINE =
  /^(?:txn[-_]token|traceparent|tracestate|workload-identity-token|workload-proof-token)[ \t]*:[^\r\n]*\r\n/gim;

/** Replaces the reserved fields of a rendered head by `fields` (name, value, …). */
export function rewriteHead(head: string, fields: readonly string[]): string {
  let added = '';
  for (let i = 0; i < fields.length; i += 2) added += `${fields[i]}: ${fields[i + 1]}\r\n`;
  const clean = head.replace(RESERVED_LINE, '');
  return clean.endsWith('\r\n\r\n') ? `${clean.slice(0, -2)}${added}\r\n` : `${clean}${added}`;
}
