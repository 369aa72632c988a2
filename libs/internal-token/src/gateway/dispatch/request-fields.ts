import type { IncomingMessage } from 'node:http';
import type { FieldRules } from '../normalize/field-rules.js';
import { effectiveHost } from '../normalize/public-hosts.js';

/** What the gateway says itself, or what is about this connection alone (RFC 9110 section 7.6.1). */
const OWN = new Set([
  'host',
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'content-length',
  'upgrade',
  'http2-settings',
  // answered by the gateway before anything is forwarded
  'expect',
  'via',
]);

/** What the forwarded request is told beside the client's own fields. */
export interface RequestFacts {
  readonly token: string;
  /** The span that is the service's parent. */
  readonly traceparent: string;
  readonly clientAddress: string;
  /** The gateway's name in `Via`. */
  readonly name: string;
  readonly rules: FieldRules;
}

/**
 * The fields of the forwarded request, names and values in turn. Hygiene has been over them already; what may reach a
 * service is nevertheless decided here once more, so that no other way into the gateway could make it say too much.
 */
export function requestFields(raw: IncomingMessage, facts: RequestFacts): string[] {
  const fields: string[] = [];
  const { rawHeaders } = raw;
  const { connection } = raw.headers;
  const named = connection === undefined ? undefined : connection.toLowerCase().split(/[\s,]+/);
  let via = '';
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    const value = rawHeaders[index + 1] ?? '';
    const lower = name.toLowerCase();
    if (lower === 'via') via += `${value}, `;
    if (OWN.has(lower) || facts.rules.of(name) !== 'keep' || named?.includes(lower)) continue;
    fields.push(name, value);
  }
  if (facts.clientAddress !== '') fields.push('X-Forwarded-For', facts.clientAddress);
  fields.push(
    'X-Forwarded-Proto',
    protocolOf(raw),
    'X-Forwarded-Host',
    effectiveHost(raw),
    'Via',
    `${via}${raw.httpVersion} ${facts.name}`,
    'Txn-Token',
    facts.token,
    'traceparent',
    facts.traceparent,
  );
  return fields;
}

/** Hygiene has left the field only where a configured proxy said it. */
function protocolOf(raw: IncomingMessage): string {
  const said = firstOf(raw.headers['x-forwarded-proto'])?.toLowerCase();
  if (said === 'https' || said === 'http') return said;
  return (raw.socket as { encrypted?: boolean }).encrypted === true ? 'https' : 'http';
}

function firstOf(list: string | string[] | undefined): string | undefined {
  const text = Array.isArray(list) ? list[0] : list;
  return text?.split(',')[0]?.trim();
}
