import { constants, createPublicKey, generateKeyPair, type JsonWebKey, type KeyObject, sign } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';

export const AUDIENCE = 'https://api.example.test';
export const CLIENT_SECRET_FILE = join(import.meta.dirname, 'client-secret.txt');

export interface IssuerKey {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: KeyObject;
}

type Answer = (request: IncomingMessage, response: ServerResponse) => void;
type Claims = Record<string, unknown>;

const generate = promisify(generateKeyPair);

export async function issuerKey(kid = 'key-1', alg = 'ES256'): Promise<IssuerKey> {
  if (alg === 'EdDSA') return { kid, alg, privateKey: (await generate('ed25519')).privateKey };
  if (alg === 'ES256') return { kid, alg, privateKey: (await generate('ec', { namedCurve: 'P-256' })).privateKey };
  return { kid, alg, privateKey: (await generate('rsa', { modulusLength: 2048 })).privateKey };
}

export function publicJwk({ kid, alg, privateKey }: IssuerKey): JsonWebKey {
  return { ...createPublicKey(privateKey).export({ format: 'jwk' }), kid, alg, use: 'sig' };
}

export function encodePart(value: unknown): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
}

/** An issuer on a real HTTP server: metadata, key set, introspection; each answer can be made to misbehave. */
export class AccessTokenIssuer {
  /** The paths requested, in order. */
  readonly asked: string[] = [];
  /** Introspection answers by token; other tokens are inactive. */
  readonly opaque = new Map<string, Claims>();
  readonly introspections: { readonly authorization: string | undefined; readonly form: URLSearchParams }[] = [];
  readonly answers = new Map<string, Answer>();
  keys: JsonWebKey[];

  private constructor(
    readonly key: IssuerKey,
    private readonly server: Server,
    readonly url: string,
  ) {
    this.keys = [publicJwk(key)];
    this.answers.set('/.well-known/openid-configuration', (_request, response) =>
      json(response, { issuer: url, jwks_uri: `${url}/jwks` }),
    );
    this.answers.set('/jwks', (_request, response) => json(response, { keys: this.keys }));
    this.answers.set('/introspect', (request, response) => void this.#introspect(request, response));
    server.on('request', (request, response) => {
      const path = request.url ?? '';
      this.asked.push(path);
      const answer = this.answers.get(path);
      if (answer !== undefined) return answer(request, response);
      response.writeHead(404).end();
    });
  }

  static async start(key?: IssuerKey): Promise<AccessTokenIssuer> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new AccessTokenIssuer(
      key ?? (await issuerKey()),
      server,
      `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    );
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  claims(changes: Claims = {}): Claims {
    const now = Math.floor(Date.now() / 1000);
    return {
      iss: this.url,
      aud: AUDIENCE,
      sub: 'alice',
      client_id: 'web',
      jti: 'a-token-id',
      iat: now,
      exp: now + 300,
      scope: 'orders.read orders.write',
      tenant_id: 'acme',
      permissions: ['orders:read', 'orders:write'],
      ...changes,
    };
  }

  /** A signed access token; a member set to undefined is omitted. */
  token(claims: Claims = {}, header: Record<string, unknown> = {}, key: IssuerKey = this.key): string {
    const head = { alg: key.alg, typ: 'at+jwt', kid: key.kid, ...header };
    return signed(`${encodePart(head)}.${encodePart(this.claims(claims))}`, key);
  }

  async #introspect(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const form = new URLSearchParams(body);
    this.introspections.push({ authorization: request.headers.authorization, form });
    json(response, this.opaque.get(form.get('token') ?? '') ?? { active: false });
  }
}

/** `input` signed with this key, whatever its header says. */
export function signed(input: string, { alg, privateKey }: IssuerKey): string {
  const digest = alg === 'EdDSA' ? null : 'sha256';
  const signature = sign(digest, Buffer.from(input), {
    key: privateKey,
    ...(alg === 'ES256' && { dsaEncoding: 'ieee-p1363' as const }),
    ...(alg === 'PS256' && { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }),
  });
  return `${input}.${signature.toString('base64url')}`;
}

export function json(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
