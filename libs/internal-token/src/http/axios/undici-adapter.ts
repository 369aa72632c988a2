import type * as Axios from 'axios';
import type { Dispatcher } from 'undici';
import { AxiosCall } from './axios-call.js';
import { bodyDecoder } from './body-decoder.js';
import type { PeerPools } from './peer-pools.js';
import { type PlainCall, plainCall } from './plain-call.js';
import { redirectedConfig } from './redirected-config.js';
import { type Answer, undiciExchange } from './undici-exchange.js';

/**
 * An adapter for axios that calls internal origins over undici, at a fraction of the cost. Calls to other origins, and
 * those that need what only axios' own adapter can do, are left to that one.
 *
 * @param own the adapter that the instance has had before
 */
export function undiciAdapter(axios: typeof Axios, pools: PeerPools, own: Axios.AxiosAdapter): Axios.AxiosAdapter {
  const userAgent = `axios/${axios.default.VERSION}`;
  const bare = new axios.Axios({});

  return (config) => {
    const { url: given = '', baseURL, params } = config;
    const url = URL.parse(baseURL === undefined && params === undefined ? given : bare.getUri(config));
    const pool = url === null ? undefined : pools.at(url.origin);
    if (url === null || pool === undefined) return own(config);
    const plain = plainCall(url, config, userAgent);
    return plain === undefined ? own(config) : send(plain, pool, config);
  };

  async function send(plain: PlainCall, pool: Dispatcher, config: Axios.InternalAxiosRequestConfig) {
    const call = new AxiosCall(axios, config, describe(plain));
    const { maxBodyLength = -1, validateStatus } = config;
    if (maxBodyLength > -1 && plain.body !== null && plain.body.length > maxBodyLength) throw call.requestTooLarge();
    const answer = await undiciExchange(pool, call, plain);
    const next = follow(call, plain, answer);
    if (next !== undefined) return own(next);
    const { status, statusText } = answer;
    const headers = withFields(new axios.AxiosHeaders(), answer.headers);
    const decode = config.decompress === false ? undefined : bodyDecoder(headers['content-encoding']);
    let { body } = answer;
    if (decode !== undefined) {
      body = await decoded(call, body, decode);
      headers.delete('content-encoding');
    }
    const response = { data: dataOf(body, config), status, statusText, headers, config, request: call.request };
    if (validateStatus?.(status) ?? true) return response;
    throw call.badStatus(response);
  }
}

/** What callers find in a response of axios' own adapter most often. */
function describe({ url: { href, protocol, host, pathname, search }, method }: PlainCall): object {
  return { method, protocol, host, path: pathname + search, res: { responseUrl: href } };
}

function follow(call: AxiosCall, plain: PlainCall, answer: Answer): Axios.InternalAxiosRequestConfig | undefined {
  try {
    return redirectedConfig(call.config, plain, answer);
  } catch (error) {
    throw call.failed(error as Error, 'ERR_FR_REDIRECTION_FAILURE');
  }
}

/** Repeated fields are joined, as by Node's client. Their names are lower-case and their values valid already. */
function withFields(headers: Axios.AxiosHeaders, fields: Answer['headers']): Axios.AxiosHeaders {
  for (const [name, value = ''] of Object.entries(fields)) {
    headers[name] = Array.isArray(value) && name !== 'set-cookie' ? value.join(', ') : value;
  }
  return headers;
}

async function decoded(
  call: AxiosCall,
  body: Buffer,
  decode: NonNullable<ReturnType<typeof bodyDecoder>>,
): Promise<Buffer> {
  const { maxContentLength = -1 } = call.config;
  try {
    if (body.length === 0) return body;
    return await decode(body, maxContentLength > 0 ? { maxOutputLength: maxContentLength } : {});
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw code === 'ERR_BUFFER_TOO_LARGE' ? call.responseTooLarge() : call.failed(error as Error);
  }
}

function dataOf(body: Buffer, { responseType, responseEncoding }: Axios.InternalAxiosRequestConfig): Buffer | string {
  if (responseType === 'arraybuffer') return body;
  const text = body.toString(responseEncoding as BufferEncoding | undefined);
  return text.startsWith('\uFEFF') ? text.slice(1) : text;
}
