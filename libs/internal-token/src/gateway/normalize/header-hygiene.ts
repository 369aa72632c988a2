import type { IncomingMessage } from 'node:http';
import type { FieldRules } from './field-rules.js';

/** Kept even if `Connection` names them: the parser has already used them, and the framework must see the same. */
const NEVER_BY_CONNECTION = new Set(['content-length', 'transfer-encoding', 'host']);
const ASKED_FIELDS = 'access-control-request-headers';

/**
 * Removes every header that external clients must not set, before anything else reads the request. Rewrites `rawHeaders`
 * and `headers` in place; {@link sealFields} updates `headersDistinct`.
 * @param trusted true if the peer is a configured proxy
 */
export function cleanFields(request: IncomingMessage, rules: FieldRules, trusted: boolean): void {
  const raw = request.rawHeaders;
  // Node builds this view on first use, from as many fields as were parsed, so build it before fields are removed.
  const { headers } = request;
  const named = namedByConnection(headers.connection);
  let kept = 0;
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index] ?? '';
    const value = raw[index + 1] ?? '';
    const { rule, lower } = rules.of(name);
    if (rule === 'drop' || (rule === 'forwarded' && !trusted) || named?.has(lower)) {
      delete headers[lower];
      continue;
    }
    raw[kept++] = name;
    raw[kept++] = lower === ASKED_FIELDS ? (headers[lower] = askable(value, rules)) : value;
  }
  raw.length = kept;
}

/** A preflight must not get permission for a forbidden field; CORS middleware echoes the requested names. */
function askable(value: string, rules: FieldRules): string {
  return value
    .split(',')
    .filter((name) => rules.of(name.trim()).rule === 'keep')
    .join(',');
}

function namedByConnection(connection: string | undefined): ReadonlySet<string> | undefined {
  if (connection === undefined || connection === 'keep-alive' || connection === 'close') return undefined;
  const named = new Set(connection.split(',').map((option) => option.trim().toLowerCase()));
  for (const name of NEVER_BY_CONNECTION) named.delete(name);
  return named;
}

/** Removes every occurrence of a field from a request. */
export function removeField(request: IncomingMessage, lowerName: string): void {
  if (request.headers[lowerName] === undefined) return;
  delete request.headers[lowerName];
  const raw = request.rawHeaders;
  let kept = 0;
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index] ?? '';
    if (name.length === lowerName.length && name.toLowerCase() === lowerName) continue;
    raw[kept++] = name;
    raw[kept++] = raw[index + 1] ?? '';
  }
  raw.length = kept;
}

/** Replaces all values of a field by one. */
export function replaceField(request: IncomingMessage, lowerName: string, value: string): void {
  removeField(request, lowerName);
  request.headers[lowerName] = value;
  request.rawHeaders.push(lowerName, value);
}

/** Builds `headersDistinct` from the current `rawHeaders`; Node would build it from the fields that were parsed. */
export function sealFields(request: IncomingMessage): void {
  const fields: NodeJS.Dict<string[]> = Object.create(null) as NodeJS.Dict<string[]>;
  const raw = request.rawHeaders;
  for (let index = 0; index < raw.length; index += 2) {
    const name = (raw[index] ?? '').toLowerCase();
    (fields[name] ??= []).push(raw[index + 1] ?? '');
  }
  request.headersDistinct = fields;
}
