// The gateway's work on tokens by hand: from a request to claims and a signed internal token.
import { newSigner, newVerifier } from './jws.mjs';
import { fetchKeys, internalClaims, settings } from './shared.mjs';

const CACHED = 10_000;

/** @returns a function that throws where the access token is no good */
export async function newAuthenticator() {
  const verify = newVerifier(await fetchKeys(settings.access), settings.access, CACHED);
  const sign = newSigner(settings.internal.privateJwk);
  return (request) => {
    const claims = internalClaims(verify(request.headers.authorization.slice(7)), request);
    return { txn: claims.txn, claims, token: sign(claims) };
  };
}

export function refuse(response) {
  response.writeHead(401, { 'content-type': 'application/json' }).end('{"error":"invalid_token"}');
}
