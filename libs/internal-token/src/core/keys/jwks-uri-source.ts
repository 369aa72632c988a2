import { type IncomingMessage, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { InternalTokenError } from '../errors.js';
import { withoutPropagation } from '../propagation.js';
import type { RenewableTls, TlsMaterial } from '../tls-material.js';
import { MAX_KEY_SET_BYTES, parseKeySet } from './key-set.js';
import type { JsonWebKeySet, KeySource } from './key-source.js';

/** Settings of {@link jwksUriSource}. */
export interface JwksUriOptions {
  /** Accept `http:` to hosts other than loopback, for a mesh that encrypts. Default false. */
  readonly allowPlaintext?: boolean;
  /** Certificate authorities (PEM) to trust instead of the system's. */
  readonly ca?: string;
  /** TLS material that may change while the process runs, with a client certificate if needed; read at each download. */
  readonly tls?: RenewableTls;
}

/**
 * Keys published at a URL. The answer must be a 200 of at most 256 KiB. Redirects and compressed answers are refused: a
 * redirect could lead anywhere, and what compressed bytes expand to has no limit.
 * @throws InternalTokenError `configuration_invalid` for an invalid URL, or one that is not https outside loopback
 */
export function jwksUriSource(uri: string, options: JwksUriOptions = {}): KeySource {
  const url = checkedUrl(uri, options.allowPlaintext ?? false);
  const { ca, tls } = options;
  const material = (): TlsMaterial => ({ ...(ca !== undefined && { ca }), ...tls?.current });
  return { description: url.href, load: (signal) => withoutPropagation(() => download(url, material(), signal)) };
}

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

function checkedUrl(uri: string, allowPlaintext: boolean): URL {
  const url = URL.parse(uri);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw new InternalTokenError('configuration_invalid', 'jwksUri: give an https URL.');
  }
  if (url.username !== '' || url.password !== '') {
    throw new InternalTokenError(
      'configuration_invalid',
      'jwksUri: a key set is public; give a URL without a password.',
    );
  }
  if (url.protocol === 'http:' && !allowPlaintext && !LOOPBACK.test(url.hostname)) {
    throw new InternalTokenError(
      'configuration_invalid',
      `jwksUri: http to ${url.hostname} lets the network choose the keys; use https, or a mesh that encrypts.`,
    );
  }
  return url;
}

async function download(url: URL, { ca, cert, key }: TlsMaterial, signal: AbortSignal): Promise<JsonWebKeySet> {
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const headers = {
    accept: 'application/jwk-set+json, application/json',
    'accept-encoding': 'identity',
    // A cache on the way could keep a withdrawn key alive.
    'cache-control': 'no-cache',
  };
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const tls = {
      ...(ca !== undefined && { ca: typeof ca === 'string' || Buffer.isBuffer(ca) ? ca : [...ca] }),
      ...(cert !== undefined && { cert }),
      ...(key !== undefined && { key }),
    };
    request(url, { signal, headers, agent: false, ...tls })
      .on('error', reject)
      .on('response', resolve)
      .end();
  });
  try {
    return parseKeySet(await readBody(response));
  } finally {
    response.destroy();
  }
}

async function readBody(response: IncomingMessage): Promise<string> {
  if (response.statusCode !== 200) throw new Error(`the answer is ${response.statusCode}, not 200`);
  const encoding = response.headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') throw new Error('the answer is compressed');
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_KEY_SET_BYTES) throw new Error(`the answer has more than ${MAX_KEY_SET_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
