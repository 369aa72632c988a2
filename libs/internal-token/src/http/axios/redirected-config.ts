import type { AxiosHeaders, InternalAxiosRequestConfig } from 'axios';
import type { PlainCall } from './plain-call.js';
import type { Answer } from './undici-exchange.js';

/** The same as with axios' own adapter. */
const DEFAULT_MAX_REDIRECTS = 21;

/**
 * The call that a redirect requests (RFC 9110, section 15.4), for axios' own adapter, which follows any further ones.
 * Undefined if the answer is no redirect or is not to be followed.
 *
 * @throws TypeError if it leads nowhere
 */
export function redirectedConfig(
  config: InternalAxiosRequestConfig,
  { url, method }: PlainCall,
  { status, headers: { location } }: Answer,
): InternalAxiosRequestConfig | undefined {
  const { maxRedirects = DEFAULT_MAX_REDIRECTS } = config;
  if (location === undefined || status < 300 || status > 399 || maxRedirects === 0) return undefined;
  const target = new URL(location, url);
  // Anything else is read by axios, not requested: `data:` URLs are.
  if (target.protocol !== 'http:' && target.protocol !== 'https:')
    throw new TypeError(`Unsupported protocol ${target.protocol}`);
  target.username = target.password = '';
  const next = { ...config, url: target.href, headers: config.headers.concat(), maxRedirects: maxRedirects - 1 };
  // The URL is whole.
  delete next.baseURL;
  delete next.params;
  if (target.origin !== url.origin) removeFields(next.headers, /^(?:(?:proxy-)?authorization|cookie)$/i);
  if (status === 303 || (method === 'POST' && (status === 301 || status === 302))) {
    removeFields(next.headers, /^content-/i);
    delete next.data;
    next.method = 'get';
  }
  return next;
}

function removeFields(headers: AxiosHeaders, names: RegExp): void {
  for (const name of Object.keys(headers)) if (names.test(name)) headers.delete(name);
}
