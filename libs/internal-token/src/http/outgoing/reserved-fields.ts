import { TXN_TOKEN_HEADER } from '../../core/index.js';

/**
 * The token's field in every spelling. `Txn_Token` is a field of its own for HTTP, and the same one for servers whose
 * interface turns both into `TXN_TOKEN`.
 */
export function isTokenField(name: string): boolean {
  return name.length === TXN_TOKEN_HEADER.length && name.toLowerCase().replace('_', '-') === TXN_TOKEN_HEADER;
}

/** Request fields that only this library writes. */
export function isReserved(name: string): boolean {
  if (isTokenField(name)) return true;
  // 'tracestate' has 10 letters, 'traceparent' 11.
  if (name.length !== 10 && name.length !== 11) return false;
  const known = name.toLowerCase();
  return known === 'traceparent' || known === 'tracestate';
}

const RESERVED_LINE = /^(?:txn[-_]token|traceparent|tracestate)[ \t]*:[^\r\n]*\r\n/gim;

/** A head that is text already, with the reserved fields taken out and `fields` (name, value, …) put in. */
export function rewriteHead(head: string, fields: readonly string[]): string {
  let added = '';
  for (let i = 0; i < fields.length; i += 2) added += `${fields[i]}: ${fields[i + 1]}\r\n`;
  const clean = head.replace(RESERVED_LINE, '');
  return clean.endsWith('\r\n\r\n') ? `${clean.slice(0, -2)}${added}\r\n` : `${clean}${added}`;
}
