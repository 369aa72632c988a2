import type { InternalAxiosRequestConfig } from 'axios';

/** A call that undici can make in place of axios' own adapter, with the same outcome. */
export interface PlainCall {
  readonly url: URL;
  readonly method: string;
  /** Name, value, name, value, … */
  readonly fields: readonly string[];
  readonly body: Buffer | null;
}

/** Options that axios' own adapter implements; a call that uses one of them is left to it. */
export const LEFT_TO_AXIOS = [
  'auth',
  'proxy',
  'httpAgent',
  'httpsAgent',
  'transport',
  'socketPath',
  'lookup',
  'family',
  'httpVersion',
  'http2Options',
  'insecureHTTPParser',
  'onUploadProgress',
  'onDownloadProgress',
  'maxRate',
  'beforeRedirect',
  'sensitiveHeaders',
] as const satisfies readonly (keyof InternalAxiosRequestConfig)[];

/** Fields that undici refuses or that change where a connection leads. */
const LEFT_FIELDS = new Set(['host', 'connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'expect', 'te']);

/** What a field value may consist of; axios removes everything else. */
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

const ACCEPT_ENCODING = 'gzip, compress, deflate, br';

/** @returns undefined if the call has to be left to axios' own adapter */
export function plainCall(url: URL, config: InternalAxiosRequestConfig, userAgent: string): PlainCall | undefined {
  for (const option of LEFT_TO_AXIOS) if (config[option]) return undefined;
  const { responseType, maxRedirects, timeout = 0, transitional } = config;
  // A redirect is followed by axios, which cannot be told that none may follow it.
  if (responseType === 'stream' || maxRedirects === 1 || transitional?.advertiseZstdAcceptEncoding) return undefined;
  if (typeof timeout !== 'number' || url.username !== '' || url.password !== '') return undefined;
  const method = (config.method ?? 'get').toUpperCase();
  const body = bodyOf(config.data);
  // undici closes the connection after HEAD, and sends no length with a body of GET.
  if (body === undefined || method === 'HEAD' || (method === 'GET' && body !== null)) return undefined;
  const fields = fieldsOf(config.headers, userAgent);
  return fields === undefined ? undefined : { url, method, fields, body };
}

function bodyOf(data: unknown): Buffer | null | undefined {
  if (!data) return null;
  if (typeof data === 'string') return Buffer.from(data);
  if (Buffer.isBuffer(data)) return data;
  return data instanceof ArrayBuffer ? Buffer.from(data) : undefined;
}

function fieldsOf(headers: object, userAgent: string): string[] | undefined {
  const fields: string[] = [];
  let named = false;
  let coded = false;
  for (const [name, value] of Object.entries(headers)) {
    const lower = name.toLowerCase();
    if (LEFT_FIELDS.has(lower)) return undefined;
    named ||= lower === 'user-agent';
    coded ||= lower === 'accept-encoding';
    if (value === undefined || value === null || value === false) continue;
    for (const each of Array.isArray(value) ? value : [value]) {
      const text = String(each);
      if (!FIELD_VALUE.test(text)) return undefined;
      fields.push(name, text);
    }
  }
  if (!named) fields.push('User-Agent', userAgent);
  if (!coded) fields.push('Accept-Encoding', ACCEPT_ENCODING);
  return fields;
}
