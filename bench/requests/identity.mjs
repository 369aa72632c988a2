// The parties of a run: an identity provider with its access tokens, a gateway's key, an issuer of internal tokens for
// services, and one loopback server with the key sets of all three.
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { jwtVerify, SignJWT } from 'jose';

const USERS = 500;
const SCOPE = 'openid profile orders:read orders:write invoices:read';
const PERMISSIONS = ['member', 'buyer'];

export class Identity {
  static async start() {
    // Not before the package has been built.
    const { TestTokenIssuer } = await import('../../dist/packages/internal-token/dist/testing/index.js');
    const trusted = new TestTokenIssuer({ trustDomain: 'shop.example' });
    const provider = newKey('provider', 'RS256', 'rsa', { modulusLength: 2048 });
    const gateway = newKey('gateway', 'ES256', 'ec', { namedCurve: 'P-256' });
    const sets = {
      '/provider': { keys: [provider.publicJwk] },
      '/gateway': { keys: [gateway.publicJwk] },
      '/trusted': await trusted.keys.source.load(),
    };
    const server = createServer(({ url }, response) => {
      response.setHeader('content-type', 'application/json').end(JSON.stringify(sets[url]));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Identity(provider, gateway, trusted, server);
  }

  #provider;
  #gateway;
  #trusted;
  #server;

  constructor(provider, gateway, trusted, server) {
    this.#provider = provider;
    this.#gateway = gateway;
    this.#trusted = trusted;
    this.#server = server;
    const base = `http://127.0.0.1:${server.address().port}`;
    const internal = { issuer: 'api_gateway', audience: 'shop.example' };
    /** What every process is told. */
    this.settings = {
      access: {
        issuer: 'https://login.example',
        audience: 'https://api.shop.example',
        jwksUri: `${base}/provider`,
        publicJwk: provider.publicJwk,
      },
      gateway: { ...internal, jwksUri: `${base}/gateway`, privateJwk: gateway.privateJwk },
      service: { ...internal, jwksUri: `${base}/trusted` },
    };
  }

  /** One for each user. A gateway sees each many times. */
  accessTokens() {
    const { issuer, audience } = this.settings.access;
    return Promise.all(
      Array.from({ length: USERS }, (_, user) =>
        new SignJWT({ client_id: 'web-frontend', scope: SCOPE, tenant: `tenant-${user % 50}`, roles: PERMISSIONS })
          .setProtectedHeader({ alg: 'RS256', typ: 'at+jwt', kid: this.#provider.kid })
          .setIssuer(issuer)
          .setAudience(audience)
          .setSubject(`user-${user}`)
          .setJti(randomUUID())
          .setIssuedAt()
          .setExpirationTime('1h')
          .sign(this.#provider.privateKey),
      ),
    );
  }

  /** As gateways mint them, one for each request: no service has seen them before. */
  internalTokens(count) {
    return Array.from({ length: count }, (_, number) =>
      this.#trusted.token({
        userId: `user-${number % USERS}`,
        tenantId: `tenant-${number % 50}`,
        scope: SCOPE,
        permissions: PERMISSIONS,
      }),
    );
  }

  /** @throws if the gateway did not mint it */
  async checkMinted(token) {
    const { issuer, audience } = this.settings.gateway;
    await jwtVerify(token, this.#gateway.publicKey, { issuer, audience, typ: 'txntoken+jwt', algorithms: ['ES256'] });
  }

  stop() {
    this.#server.close();
  }
}

function newKey(kid, alg, kind, options) {
  const { privateKey, publicKey } = generateKeyPairSync(kind, options);
  const [privateJwk, publicJwk] = [privateKey, publicKey].map((key) => ({
    ...key.export({ format: 'jwk' }),
    kid,
    alg,
    use: 'sig',
  }));
  return { kid, privateKey, publicKey, privateJwk, publicJwk };
}
