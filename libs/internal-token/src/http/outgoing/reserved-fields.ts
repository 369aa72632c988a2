import { TXN_TOKEN_HEADER } from '../../core/index.js';

/**
 * The token's field in every spelling. `Txn_Token` is a field of its own for HTTP, and the same one for servers whose
 * interface turns both into `TXN_TOKEN`.
 */
export function isTokenField(name: string): boolean {
  return name.length === TXN_TOKEN_HEADER.length && name.toLowerCase().replace('_', '-') === TXN_TOKEN_HEADER;
}

const RESERVED = new Set(['traceparent', 'tracestate', 'workload-identity-token', 'workload-proof-token']);
const LENGTHS = new Set([...RESERVED].map(({ length }) => length));

/** Request fields that only this library writes. */
export function isReserved(name: string): boolean {
  if (isTokenField(name)) return true;
  return LENGTHS.has(name.length) && RESERVED.has(name.toLowerCase());
}

const RESERVED_LINE =
  /^(?:txn[-_]token|traceparent|tracestate|workload-identity-token|workload-proof-token)[ \t]*:[^\r\n]*\r\n/gim;

/** A head that is text already, with the reserved fields taken out and `fields` (name, value, …) put in. */
export function rewriteHead(head: string, fields: readonly string[]): string {
  let added = '';
  for (let i = 0; i < fields.length; i += 2) added += `${fields[i]}: ${fields[i + 1]}\r\n`;
  const clean = head.replace(RESERVED_LINE, '');
  return clean.endsWith('\r\n\r\n') ? `${clean.slice(0, -2)}${added}\r\n` : `${clean}${added}`;
}
