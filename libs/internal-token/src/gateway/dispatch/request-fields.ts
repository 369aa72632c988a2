import type { IncomingMessage } from 'node:http';
import type { FieldRules } from '../normalize/field-rules.js';
import type { VisibleCredentials } from '../normalize/expose.js';
import { effectiveHost } from '../normalize/effective-host.js';

/** Fields that the gateway sets itself, or that concern only this connection (RFC 9110 section 7.6.1). */
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
  // handled by the gateway before anything is forwarded
  'expect',
  'via',
]);

/** What a forwarded request carries besides the client's own fields. */
export interface RequestFacts {
  readonly token: string;
  /** Names the parent of the service's span. */
  readonly traceparent: string;
  readonly clientAddress: string;
  /** The gateway's name in `Via`. */
  readonly name: string;
  readonly rules: FieldRules;
  readonly visible: VisibleCredentials;
}

/**
 * The fields of the forwarded request, as alternating names and values. Header hygiene has already cleaned them; they
 * are filtered here once more, in case a request enters the gateway some other way.
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
    const { rule, lower } = facts.rules.of(name);
    if (lower === 'via') via += `${value}, `;
    if (rule !== 'keep' || OWN.has(lower) || named?.includes(lower) || isHidden(lower, facts.visible)) continue;
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

/** The caller's credentials were for the gateway. */
function isHidden(lower: string, { forwardAuthorization, forwardCookies }: VisibleCredentials): boolean {
  return (lower === 'authorization' && !forwardAuthorization) || (lower === 'cookie' && !forwardCookies);
}

/** Header hygiene keeps the field only if a configured proxy has set it. */
function protocolOf(raw: IncomingMessage): string {
  const said = firstOf(raw.headers['x-forwarded-proto'])?.toLowerCase();
  if (said === 'https' || said === 'http') return said;
  return (raw.socket as { encrypted?: boolean }).encrypted === true ? 'https' : 'http';
}

function firstOf(list: string | string[] | undefined): string | undefined {
  const text = Array.isArray(list) ? list[0] : list;
  return text?.split(',')[0]?.trim();
}
