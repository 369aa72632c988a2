import type { IncomingMessage } from 'node:http';
import type { FieldRules } from './field-rules.js';

/** Kept even if `Connection` names them: the parser has already used them, and the framework must see the same. */
const NEVER_BY_CONNECTION = new Set(['content-length', 'transfer-encoding', 'host']);

/** Removes every header that external clients must not set, before anything else reads the request. */
export class HeaderHygiene {
  readonly #rules: FieldRules;

  constructor(rules: FieldRules) {
    this.#rules = rules;
  }

  /**
   * Rewrites `rawHeaders` and `headers` in place; {@link sealHeaders} updates `headersDistinct`.
   * @param trusted true if the peer is a configured proxy
   */
  clean(request: IncomingMessage, trusted: boolean): void {
    const raw = request.rawHeaders;
    // Node builds this view on first use, from as many fields as were parsed, so build it before fields are removed.
    const headers = request.headers;
    const named = namedByConnection(raw);
    let kept = 0;
    for (let index = 0; index < raw.length; index += 2) {
      const name = raw[index] ?? '';
      const value = raw[index + 1] ?? '';
      if (this.#drops(name, trusted, named)) {
        delete headers[name.toLowerCase()];
        continue;
      }
      raw[kept++] = name;
      raw[kept++] = isNamed(name, 'access-control-request-headers') ? this.#withoutForbidden(headers, value) : value;
    }
    raw.length = kept;
  }

  #drops(name: string, trusted: boolean, named: ReadonlySet<string> | undefined): boolean {
    const rule = this.#rules.of(name);
    if (rule === 'forwarded') return !trusted;
    if (rule !== 'keep') return true;
    if (named === undefined) return false;
    const lower = name.toLowerCase();
    return named.has(lower) && !NEVER_BY_CONNECTION.has(lower);
  }

  /** A preflight must not get permission for a forbidden field; CORS middleware echoes the requested names. */
  #withoutForbidden(headers: IncomingMessage['headers'], value: string): string {
    const allowed = value
      .split(',')
      .filter((name) => !this.#drops(name.trim(), false, undefined))
      .join(',');
    headers['access-control-request-headers'] = allowed;
    return allowed;
  }
}

function namedByConnection(raw: readonly string[]): ReadonlySet<string> | undefined {
  let named: Set<string> | undefined;
  for (let index = 0; index < raw.length; index += 2) {
    if (!isNamed(raw[index] ?? '', 'connection')) continue;
    const value = raw[index + 1] ?? '';
    if (value === 'keep-alive' || value === 'close') continue;
    named ??= new Set();
    for (const option of value.split(',')) named.add(option.trim().toLowerCase());
  }
  return named;
}

function isNamed(name: string, lower: string): boolean {
  return name.length === lower.length && name.toLowerCase() === lower;
}

/** Removes every occurrence of a field from a request. */
export function removeField(request: IncomingMessage, lowerName: string): void {
  if (request.headers[lowerName] === undefined) return;
  delete request.headers[lowerName];
  const raw = request.rawHeaders;
  let kept = 0;
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index] ?? '';
    if (isNamed(name, lowerName)) continue;
    raw[kept++] = name;
    raw[kept++] = raw[index + 1] ?? '';
  }
  raw.length = kept;
}

/** The same, after {@link sealHeaders} was called. */
export function withdrawField(request: IncomingMessage, lowerName: string): void {
  removeField(request, lowerName);
  delete request.headersDistinct[lowerName];
}

/** Replaces all values of a field by one. */
export function replaceField(request: IncomingMessage, lowerName: string, value: string): void {
  removeField(request, lowerName);
  request.headers[lowerName] = value;
  request.rawHeaders.push(lowerName, value);
}

/** Builds `headersDistinct` from the current `rawHeaders`; Node would build it from the fields that were parsed. */
export function sealHeaders(request: IncomingMessage): void {
  const fields: NodeJS.Dict<string[]> = Object.create(null) as NodeJS.Dict<string[]>;
  const raw = request.rawHeaders;
  for (let index = 0; index < raw.length; index += 2) {
    const name = (raw[index] ?? '').toLowerCase();
    (fields[name] ??= []).push(raw[index + 1] ?? '');
  }
  request.headersDistinct = fields;
}
