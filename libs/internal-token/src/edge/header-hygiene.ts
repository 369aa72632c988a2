import type { IncomingMessage } from 'node:http';

/** What is done with a field of a public request. */
type Verdict = 'keep' | 'drop' | 'forwarded' | 'alias' | 'connection';

/**
 * Fields that outsiders may not say, written without separators and in lower case, so that `Txn-Token`, `Txn_Token`,
 * `txn.token` and `TXNTOKEN` are one name: some program on the way may take each for the other.
 */
const FORBIDDEN = new Set([
  // the internal token, under its names past and present
  'txntoken',
  'xtxntoken',
  'transactiontoken',
  'xtransactiontoken',
  // workload identity (WIMSE) and client certificates (RFC 9440): only a terminating proxy of ours could say them
  'workloadidentitytoken',
  'workloadprooftoken',
  'clientcert',
  'clientcertchain',
  // trace context: the trace starts at the edge
  'traceparent',
  'tracestate',
  'baggage',
  'xrequestid',
  // identities that home-made gateways pass on
  'remoteuser',
  'xremoteuser',
  'xuser',
  'xuserid',
  'xusername',
  'xuseremail',
  'xuserrole',
  'xuserroles',
  'xuserscopes',
  'xuserpermissions',
  'xtenant',
  'xtenantid',
  // another target or method than the request line's
  'xoriginalurl',
  'xoriginaluri',
  'xoriginalmethod',
  'xoriginalhost',
  'xrewriteurl',
  'xhttpmethod',
  'xhttpmethodoverride',
  'xmethodoverride',
]);
const FORBIDDEN_PREFIXES = ['xinternal', 'xauthenticated', 'xauthrequest', 'xb3', 'xwimse'];

/** Said by proxies; believed from configured ones only, and then only in its exact spelling. */
const FORWARDED = new Set(['forwarded', 'xrealip', 'xclientip', 'xclusterclientip', 'trueclientip', 'cfconnectingip']);
const FORWARDED_PREFIXES = ['xforwarded', 'xoriginalforwarded', 'xenvoy'];

/** About the connection, not the message (RFC 9110 section 7.6.1). Framing fields stay: the body is read by them. */
const HOP_BY_HOP = new Set([
  'keep-alive',
  'proxy-connection',
  'proxy-authorization',
  'te',
  'upgrade',
  'http2-settings',
]);
/** Named in `Connection` these stay: the parser has used them already, and the framework must agree with it. */
const NEVER_BY_CONNECTION = new Set(['content-length', 'transfer-encoding', 'host']);

const MAX_REMEMBERED = 512;

/**
 * Names that are said inside only, in whatever spelling: the internal token, workload identity, trace context, what
 * proxies tell each other.
 */
export function isInternalName(name: string): boolean {
  const squeezed = squeeze(name);
  return (
    FORBIDDEN.has(squeezed) ||
    startsWithAny(squeezed, FORBIDDEN_PREFIXES) ||
    FORWARDED.has(squeezed) ||
    startsWithAny(squeezed, FORWARDED_PREFIXES)
  );
}

/** Removes from a public request every field that outsiders may not say, before anything else looks at it. */
export class HeaderHygiene {
  readonly #verdicts = new Map<string, Verdict>();
  readonly #forbidden: ReadonlySet<string>;

  /** @param also further names to remove: names that the internal token had before, for one */
  constructor(also: readonly string[] = []) {
    this.#forbidden = new Set([...FORBIDDEN, ...also.map(squeeze)]);
  }

  /**
   * Rewrites `rawHeaders` and `headers` in place; {@link sealHeaders} brings `headersDistinct` up to date.
   * @param trusted the peer is a configured proxy
   */
  clean(request: IncomingMessage, trusted: boolean): void {
    const raw = request.rawHeaders;
    // Node builds this view on first use from the number of fields that were parsed: it must exist before fields go.
    const headers = request.headers;
    const named = this.#namedByConnection(raw);
    let kept = 0;
    for (let index = 0; index < raw.length; index += 2) {
      const name = raw[index] ?? '';
      const value = raw[index + 1] ?? '';
      if (this.#drops(name, trusted, named)) {
        delete headers[name.toLowerCase()];
        continue;
      }
      raw[kept++] = name;
      raw[kept++] = isAskedHeaders(name) ? this.#withoutForbidden(headers, value) : value;
    }
    raw.length = kept;
  }

  #drops(name: string, trusted: boolean, named: ReadonlySet<string> | undefined): boolean {
    const verdict = this.#verdict(name);
    if (verdict === 'forwarded') return !trusted;
    if (verdict !== 'keep') return true;
    if (named === undefined) return false;
    const lower = name.toLowerCase();
    return named.has(lower) && !NEVER_BY_CONNECTION.has(lower);
  }

  #verdict(name: string): Verdict {
    const known = this.#verdicts.get(name);
    if (known !== undefined) return known;
    const verdict = this.#judge(name.toLowerCase());
    // Bounded: names are chosen by the client.
    if (this.#verdicts.size < MAX_REMEMBERED) this.#verdicts.set(name, verdict);
    return verdict;
  }

  #judge(lower: string): Verdict {
    if (lower === 'connection') return 'connection';
    if (HOP_BY_HOP.has(lower)) return 'drop';
    const squeezed = squeeze(lower);
    if (this.#forbidden.has(squeezed) || startsWithAny(squeezed, FORBIDDEN_PREFIXES)) return 'drop';
    if (FORWARDED.has(squeezed) || startsWithAny(squeezed, FORWARDED_PREFIXES)) {
      return /[_.]/.test(lower) ? 'alias' : 'forwarded';
    }
    // The same trick with the names that matter to the framework: `Content_Length`, `Authorization.`.
    return /[_.]/.test(lower) && SHADOWED.has(squeezed) ? 'alias' : 'keep';
  }

  #namedByConnection(raw: readonly string[]): ReadonlySet<string> | undefined {
    let named: Set<string> | undefined;
    for (let index = 0; index < raw.length; index += 2) {
      if (this.#verdict(raw[index] ?? '') !== 'connection') continue;
      const value = raw[index + 1] ?? '';
      if (value === 'keep-alive' || value === 'close') continue;
      named ??= new Set();
      for (const option of value.split(',')) named.add(option.trim().toLowerCase());
    }
    return named;
  }

  /** A preflight that asks for a forbidden field gets no permission for it (CORS middleware echoes the question). */
  #withoutForbidden(headers: IncomingMessage['headers'], value: string): string {
    const allowed = value
      .split(',')
      .filter((name) => !this.#drops(name.trim(), false, undefined))
      .join(',');
    headers['access-control-request-headers'] = allowed;
    return allowed;
  }
}

const SHADOWED = new Set(['authorization', 'cookie', 'host', 'contentlength', 'contenttype', 'transferencoding']);

function isAskedHeaders(name: string): boolean {
  return name.length === 30 && name.toLowerCase() === 'access-control-request-headers';
}

function squeeze(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}

function startsWithAny(name: string, prefixes: readonly string[]): boolean {
  return prefixes.some((prefix) => name.startsWith(prefix));
}

/** Takes a field out of a request, every occurrence of it. */
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

/** Gives a field one value, whatever it had. */
export function replaceField(request: IncomingMessage, lowerName: string, value: string): void {
  removeField(request, lowerName);
  request.headers[lowerName] = value;
  request.rawHeaders.push(lowerName, value);
}

/** Makes `headersDistinct` say what `rawHeaders` says now; Node would build it for the fields that were parsed. */
export function sealHeaders(request: IncomingMessage): void {
  const fields: NodeJS.Dict<string[]> = Object.create(null) as NodeJS.Dict<string[]>;
  const raw = request.rawHeaders;
  for (let index = 0; index < raw.length; index += 2) {
    const name = (raw[index] ?? '').toLowerCase();
    (fields[name] ??= []).push(raw[index + 1] ?? '');
  }
  request.headersDistinct = fields;
}
