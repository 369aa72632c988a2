import { TXN_TOKEN_HEADER } from '../../core/index.js';

/**
 * Request fields that only this library writes. `Txn_Token` is a field of its own for HTTP, and the same one for every
 * server behind a gateway interface that turns both into `TXN_TOKEN`.
 */
export function isReserved(name: string): boolean {
  switch (name.length) {
    case TXN_TOKEN_HEADER.length:
      return name.toLowerCase().replace('_', '-') === TXN_TOKEN_HEADER;
    case 'traceparent'.length:
      return name.toLowerCase() === 'traceparent';
    case 'tracestate'.length:
      return name.toLowerCase() === 'tracestate';
    default:
      return false;
  }
}

const RESERVED_LINE = /^(?:txn[-_]token|traceparent|tracestate)[ \t]*:[^\r\n]*\r\n/gim;

/** A head that is text already, with the reserved fields taken out and `fields` (name, value, …) put in. */
export function rewriteHead(head: string, fields: readonly string[]): string {
  let added = '';
  for (let i = 0; i < fields.length; i += 2) added += `${fields[i]}: ${fields[i + 1]}\r\n`;
  const clean = head.replace(RESERVED_LINE, '');
  return clean.endsWith('\r\n\r\n') ? `${clean.slice(0, -2)}${added}\r\n` : `${clean}${added}`;
}
