import { type JsonWebKeySet, jwksUriSource, type KeySource } from '../../core/index.js';
import { requestJson } from './json-request.js';
import { urlProblem } from './url-problem.js';

/**
 * The keys of an issuer, at the address that its metadata names: OpenID Connect Discovery first, then RFC 8414.
 * Reads the metadata at every load, so that an issuer may move its keys.
 */
export function discoverySource(issuer: string, allowInsecureLoopback: boolean): KeySource {
  return {
    description: `discovery at ${issuer}`,
    async load(signal: AbortSignal): Promise<JsonWebKeySet> {
      const jwksUri = await discoverJwksUri(issuer, allowInsecureLoopback, signal);
      return jwksUriSource(jwksUri).load(signal);
    },
  };
}

async function discoverJwksUri(issuer: string, allowInsecureLoopback: boolean, signal: AbortSignal): Promise<string> {
  const failures: string[] = [];
  for (const url of metadataAddresses(issuer)) {
    const metadata = await requestJson({ url, signal }).catch((error: Error) => error);
    if (metadata instanceof Error) failures.push(`${url}: ${metadata.message}`);
    else if (metadata.body === undefined) failures.push(`${url}: status ${metadata.status}`);
    // Another issuer's metadata would bring another issuer's keys (RFC 8414 section 3.3).
    else if (metadata.body['issuer'] !== issuer) throw new Error(`${url} is the metadata of another issuer`);
    else {
      const jwksUri = metadata.body['jwks_uri'];
      const problem = urlProblem(jwksUri, allowInsecureLoopback);
      if (problem !== undefined) throw new Error(`the jwks_uri in ${url} ${problem}`);
      return jwksUri as string;
    }
  }
  throw new Error(failures.join('; '));
}

function metadataAddresses(issuer: string): readonly string[] {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, '');
  return [
    `${origin}${path}/.well-known/openid-configuration`,
    `${origin}/.well-known/oauth-authorization-server${path}`,
  ];
}
