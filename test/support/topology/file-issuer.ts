import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AccessTokenIssuerOptions } from 'nestjs-internal-token/gateway';
import { encodePart, type IssuerKey, issuerKey, publicJwk, signed } from '../access-token-issuer.js';

const ISSUER = 'https://id.example.test';
const AUDIENCE = 'https://api.shop.localhost';
const LIFE_SECONDS = 3600;

/** An issuer that the gateway knows by a file of public keys: any number of users, each with a real token. */
export class FileIssuer {
  private constructor(
    private readonly key: IssuerKey,
    private readonly directory: string,
  ) {}

  static async create(): Promise<FileIssuer> {
    const issuer = new FileIssuer(await issuerKey(), await mkdtemp(join(tmpdir(), 'issuer-')));
    await writeFile(issuer.#jwksFile, JSON.stringify({ keys: [publicJwk(issuer.key)] }));
    return issuer;
  }

  get #jwksFile(): string {
    return join(this.directory, 'jwks.json');
  }

  get options(): AccessTokenIssuerOptions[] {
    return [{ issuer: ISSUER, audience: AUDIENCE, jwksFile: this.#jwksFile }];
  }

  /** The same for a gateway in another process. */
  get settings(): Readonly<Record<string, string>> {
    return { ACCESS_TOKEN_ISSUERS: JSON.stringify(this.options) };
  }

  /** May do everything in its tenant. */
  token(userId: string, tenantId: string): string {
    const now = Math.floor(Date.now() / 1000);
    const domains = ['catalog', 'inventory', 'orders', 'visits'];
    const rights = domains.flatMap((domain) => [`${domain}.read`, `${domain}.write`]);
    const claims = {
      iss: ISSUER,
      aud: AUDIENCE,
      sub: userId,
      client_id: 'test',
      jti: `${userId}-${now}`,
      iat: now,
      exp: now + LIFE_SECONDS,
      scope: rights.join(' '),
      tenant_id: tenantId,
      permissions: rights.map((right) => right.replace('.', ':')),
    };
    const head = { alg: this.key.alg, typ: 'at+jwt', kid: this.key.kid };
    return signed(`${encodePart(head)}.${encodePart(claims)}`, this.key);
  }

  async close(): Promise<void> {
    await rm(this.directory, { recursive: true, force: true });
  }
}
