import { PostError } from './post-error.js';

/** The format of the spans: the OpenTelemetry protocol in JSON, or Zipkin's API version 2. */
export type SpanFormat = 'otlp' | 'zipkin';

/** Where to send spans. */
export interface PostTarget {
  /** `http:` or `https:`. Without a path, the format's conventional path is added. */
  readonly url: string;
  /** Default `otlp`. */
  readonly format?: SpanFormat;
  /** Headers of every request, such as `Authorization: Bearer …`; never shown. Default none. */
  readonly headers?: readonly string[];
  /** Milliseconds for one request and its answer. Default 10,000. */
  readonly timeoutMs?: number;
  /** Aborts the sending at once. */
  readonly signal?: AbortSignal;
}

/** A validated target. */
export interface Endpoint {
  readonly url: URL;
  readonly headers: Headers;
  /** The address without credentials and query, for messages. */
  readonly shown: string;
  /** Texts to redact from every message, even if the other side sends them. */
  readonly secrets: readonly string[];
}

const PATH: Readonly<Record<SpanFormat, string>> = { otlp: '/v1/traces', zipkin: '/api/v2/spans' };

/** @throws PostError `invalid`, which shows neither credentials nor a header's value */
export function endpointOf({ url: text, format = 'otlp', headers: lines = [] }: PostTarget): Endpoint {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new PostError('invalid', 'The address to post to is not valid: give one such as http://127.0.0.1:4318');
  }
  const { username, password, search } = url;
  const headers = new Headers();
  const secrets = [password, decoded(password), ...(password === '' ? [username] : [])];
  if (username !== '' || password !== '') {
    // fetch() rejects credentials in an address.
    const credentials = Buffer.from(`${decoded(username)}:${decoded(password)}`).toString('base64');
    headers.set('authorization', `Basic ${credentials}`);
    secrets.push(credentials);
    url.username = '';
    url.password = '';
  }
  for (const line of lines) {
    const value = addHeader(headers, line);
    secrets.push(value, ...value.split(/\s+/).slice(1));
  }
  headers.set('content-type', 'application/json');
  headers.set('accept', 'application/json');
  url.hash = '';
  if (url.pathname === '/') url.pathname = PATH[format];
  secrets.push(search, ...url.searchParams.values());
  return { url, headers, shown: url.origin + url.pathname, secrets: secrets.filter((secret) => secret.length > 3) };
}

/** @returns the value */
function addHeader(headers: Headers, line: string): string {
  const colon = line.indexOf(':');
  const name = line.slice(0, Math.max(colon, 0)).trim();
  const value = line.slice(colon + 1).trim();
  try {
    headers.set(name, value);
  } catch {
    // The error of Headers would show the value.
    throw new PostError('invalid', "A header is not valid: write it as 'Name: value', in plain ASCII");
  }
  return value;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
