import { type IncomingMessage, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { OptionPath } from '../options/index.js';
import { withoutPropagation } from '../propagation.js';
import { isRenewableTls, type RenewableTls, type TlsMaterial } from '../tls-material.js';
import { MAX_KEY_SET_BYTES, parseKeySet } from './key-set.js';
import type { JsonWebKeySet, KeySource } from './key-source.js';

/** Settings of {@link jwksUriSource}. */
export interface JwksUriOptions {
  /** Accept `http:` to hosts other than loopback, for a mesh that encrypts. Default false. */
  readonly allowPlaintext?: boolean;
  /** Authorities to trust instead of the system's, and a client certificate if one is needed; read at each download. */
  readonly tls?: TlsMaterial | RenewableTls;
}

/**
 * Keys published at a URL. The answer must be a 200 of at most 256 KiB. Redirects and compressed answers are refused: a
 * redirect could lead anywhere, and what compressed bytes expand to has no limit.
 * @param at the place of the URL, for messages
 * @throws InternalTokenError `configuration_invalid` for an invalid URL, or one that is not https outside loopback
 */
export function jwksUriSource(uri: string, options: JwksUriOptions = {}, at = AT): KeySource {
  const url = checkedUrl(uri, options.allowPlaintext ?? false, at);
  const { tls = {} } = options;
  const material = (): TlsMaterial => (isRenewableTls(tls) ? tls.current : tls);
  return { description: url.href, load: (signal) => withoutPropagation(() => download(url, material(), signal)) };
}

const AT = new OptionPath('jwksUriSource', 'jwksUri');
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

function checkedUrl(uri: string, allowPlaintext: boolean, at: OptionPath): URL {
  const url = URL.parse(uri);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) throw at.mustBe('an https URL', uri);
  if (url.username !== '' || url.password !== '') {
    throw at.mustBe('a URL without user name and password, since a key set is public', uri);
  }
  if (url.protocol === 'http:' && !allowPlaintext && !LOOPBACK.test(url.hostname)) {
    throw at.mustBe(
      'an https URL, or the network chooses the keys (for a mesh that encrypts, set "allowPlaintext")',
      uri,
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
