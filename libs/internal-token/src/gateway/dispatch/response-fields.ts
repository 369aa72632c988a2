import type { IncomingHttpHeaders } from 'node:http';
import { RecentMap } from '../../core/index.js';
import { isInternalName } from '../normalize/field-rules.js';
import { isCorsList, withoutToken } from '../normalize/strip-response-fields.js';
import { outsideChallenges } from './challenges.js';

/** Fields that concern only the connection to the service, or that reveal internals of the service. */
const DROPPED = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authentication-info',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'server',
  'x-powered-by',
  'traceresponse',
  // would send the client past the gateway
  'alt-svc',
]);
/** Bound the memory for names, which services choose. */
const MAX_REMEMBERED = 512;
const LONGEST_REMEMBERED = 64;

/** Turns the response fields of a service into those that the client gets. */
export class ResponseFields {
  readonly #dropped = new RecentMap<string, boolean>(MAX_REMEMBERED);

  /**
   * @param name the gateway's name in `Via`
   * @param origins of all upstreams, so that addresses at an upstream are rewritten relative to the gateway
   */
  constructor(
    private readonly name: string,
    private readonly origins: ReadonlySet<string>,
  ) {}

  /**
   * Alternating names and values.
   * @param txn the request's id
   */
  of(status: number, headers: IncomingHttpHeaders, txn: string): string[] {
    const fields: string[] = ['X-Request-Id', txn];
    const named = headers.connection?.toLowerCase().split(/[\s,]+/);
    let via = '';
    for (const name of Object.keys(headers)) {
      const value = headers[name];
      if (value === undefined || this.#drops(name) || named?.includes(name)) continue;
      if (name === 'via') via = `${String(value)}, `;
      else if (name === 'content-length' && status === 204) continue;
      else if (name === 'location' || name === 'content-location') fields.push(name, this.#outside(String(value)));
      else if (name === 'www-authenticate') pushNonEmpty(fields, name, outsideChallenges(value));
      else if (isCorsList(name)) pushNonEmpty(fields, name, withoutToken(value));
      else if (typeof value === 'string') fields.push(name, value);
      else for (const one of value) fields.push(name, one);
    }
    if (status === 503 && headers['retry-after'] === undefined) fields.push('retry-after', '1');
    fields.push('via', `${via}1.1 ${this.name}`);
    return fields;
  }

  #drops(name: string): boolean {
    let drops = this.#dropped.get(name);
    if (drops === undefined) {
      drops = DROPPED.has(name) || isInternalName(name);
      if (name.length <= LONGEST_REMEMBERED) this.#dropped.set(name, drops);
    }
    return drops;
  }

  /** For clients, `http://10.0.0.7:3003/orders/1` and `//10.0.0.7:3003/orders/1` become `/orders/1`. */
  #outside(address: string): string {
    const spelt = /^\s*[/\\]{2}/.test(address) ? [`http:${address.trim()}`, `https:${address.trim()}`] : [address];
    const url = spelt.map((text) => URL.parse(text)).find((parsed) => parsed && this.origins.has(parsed.origin));
    if (!url) return address;
    // A path that begins with `//` would name another host without its origin.
    const path = url.pathname.startsWith('//') ? `/.${url.pathname}` : url.pathname;
    return `${path}${url.search}${url.hash}`;
  }
}

function pushNonEmpty(fields: string[], name: string, value: string): void {
  if (value !== '') fields.push(name, value);
}
