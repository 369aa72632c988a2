import type { IncomingHttpHeaders } from 'node:http';
import { LRUCache } from 'lru-cache';
import { isInternalName } from '../normalize/field-rules.js';
import { outsideChallenges } from './challenges.js';

/** About the connection to the service alone, or about the service, which is nobody's business outside. */
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
/** Services choose the names: both bound what they can make this process remember. */
const MAX_REMEMBERED = 512;
const LONGEST_REMEMBERED = 64;

/** Turns what a service answers into what a client sees. */
export class ResponseFields {
  readonly #dropped = new LRUCache<string, boolean>({ max: MAX_REMEMBERED });

  /**
   * @param name the gateway's name in `Via`
   * @param origins of all upstreams: an address in there is meant relative to the gateway
   */
  constructor(
    private readonly name: string,
    private readonly origins: ReadonlySet<string>,
  ) {}

  /** Names and values in turn. */
  of(status: number, headers: IncomingHttpHeaders): string[] {
    const fields: string[] = [];
    const named = headers.connection?.toLowerCase().split(/[\s,]+/);
    let via = '';
    for (const name of Object.keys(headers)) {
      const value = headers[name];
      if (value === undefined || this.#drops(name) || named?.includes(name)) continue;
      if (name === 'via') via = `${String(value)}, `;
      else if (name === 'content-length' && status === 204) continue;
      else if (name === 'location' || name === 'content-location') fields.push(name, this.#outside(String(value)));
      else if (name === 'www-authenticate') {
        const challenges = outsideChallenges(value);
        if (challenges !== '') fields.push(name, challenges);
      } else if (typeof value === 'string') fields.push(name, value);
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

  /** `http://10.0.0.7:3003/orders/1` is `/orders/1` for a client, and so is `//10.0.0.7:3003/orders/1`. */
  #outside(address: string): string {
    const spelt = /^\s*[/\\]{2}/.test(address) ? [`http:${address.trim()}`, `https:${address.trim()}`] : [address];
    const url = spelt.map((text) => URL.parse(text)).find((parsed) => parsed && this.origins.has(parsed.origin));
    if (!url) return address;
    // Without its origin `//evil.example` would be the name of another host.
    const path = url.pathname.startsWith('//') ? `/.${url.pathname}` : url.pathname;
    return `${path}${url.search}${url.hash}`;
  }
}
