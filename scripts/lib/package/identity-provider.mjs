import { generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';

import { ROOT } from '../build.mjs';

const AT = join(ROOT, 'test/support/tls');
const LIFETIME_SECONDS = 300;
const KEY_ID = 'the-only-one';

/**
 * An identity provider on loopback with https: the endpoints that a gateway needs, and access tokens signed with its
 * key.
 */
export class IdentityProvider {
  /** The certificate of its authority, for `NODE_EXTRA_CA_CERTS`. */
  static authority = join(AT, 'ca.pem');
  #keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  #server;

  static async start(port) {
    const provider = new IdentityProvider();
    provider.issuer = `https://127.0.0.1:${port}`;
    const tls = { cert: readFileSync(join(AT, 'service.pem')), key: readFileSync(join(AT, 'service.key.pem')) };
    provider.#server = createServer(tls, (request, response) => provider.#answer(request.url, response));
    provider.#server.listen(port, '127.0.0.1');
    await once(provider.#server, 'listening');
    return provider;
  }

  /** An access token as RFC 9068 defines it. */
  token(claims) {
    const now = Math.floor(Date.now() / 1000);
    const common = { iss: this.issuer, aud: 'https://api.shop.example', client_id: 'web', jti: randomUUID() };
    const parts = [
      { alg: 'ES256', typ: 'at+jwt', kid: KEY_ID },
      { ...common, iat: now, exp: now + LIFETIME_SECONDS, ...claims },
    ].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'));
    const key = { key: this.#keys.privateKey, dsaEncoding: 'ieee-p1363' };
    return [...parts, sign('sha256', Buffer.from(parts.join('.')), key).toString('base64url')].join('.');
  }

  async stop() {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(path, response) {
    const answers = {
      '/.well-known/openid-configuration': { issuer: this.issuer, jwks_uri: `${this.issuer}/jwks` },
      '/jwks': { keys: [{ ...this.#keys.publicKey.export({ format: 'jwk' }), kid: KEY_ID, use: 'sig', alg: 'ES256' }] },
    };
    response.setHeader('content-type', 'application/json');
    response.statusCode = path in answers ? 200 : 404;
    response.end(JSON.stringify(answers[path] ?? {}));
  }
}
