import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto';
import { WimseCallerAuthenticator, type WimseCallerOptions } from 'nestjs-internal-token/caller';
import { type Answer, type Ask, CalledService, GATEWAY } from './callers.js';

type Parts = { readonly header?: Record<string, unknown>; readonly payload?: Record<string, unknown> };

const ISSUER = 'https://identity.shop.test';
/** The address callers know the service by; where it really listens does not matter. */
export const ORIGIN = 'https://inventory.internal:3002';

export const now = (): number => Math.floor(Date.now() / 1000);
export const tokenHashOf = (token: string): string => createHash('sha256').update(token).digest('base64url');

const ecKey = (): KeyObject => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');

export function jwt(header: object, payload: object, key: KeyObject): string {
  const text = `${encode(header)}.${encode(payload)}`;
  const digest = key.asymmetricKeyType === 'ed25519' ? null : 'sha256';
  const signature = sign(digest, Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' });
  return `${text}.${signature.toString('base64url')}`;
}

/** The issuer of workload identities, and one workload. */
export class Workload {
  readonly issuerKey = ecKey();
  readonly key = ecKey();
  readonly keyId = 'issuer-1';

  get publicJwk() {
    return { ...createPublicKey(this.key).export({ format: 'jwk' }), alg: 'ES256' };
  }

  authenticator(options: Partial<WimseCallerOptions> = {}): WimseCallerAuthenticator {
    const jwk = createPublicKey(this.issuerKey).export({ format: 'jwk' });
    const keys = { keys: [{ ...jwk, kid: this.keyId, alg: 'ES256', use: 'sig' }] };
    return new WimseCallerAuthenticator({
      trustDomain: 'shop.test',
      issuer: ISSUER,
      keys: { source: { description: 'the test', load: async () => keys } },
      origins: [ORIGIN],
      ...options,
    });
  }

  wit({ header = {}, payload = {} }: Parts = {}, key = this.issuerKey): string {
    return jwt(
      { typ: 'wit+jwt', alg: 'ES256', kid: this.keyId, ...header },
      { iss: ISSUER, sub: GATEWAY, exp: now() + 3600, cnf: { jwk: this.publicJwk }, ...payload },
      key,
    );
  }

  wpt(wit: string, token: string | undefined, { header = {}, payload = {} }: Parts = {}, key = this.key): string {
    const claims = {
      aud: `${ORIGIN}/stock`,
      exp: now() + 30,
      jti: randomUUID(),
      wth: tokenHashOf(wit),
      ...(token !== undefined && { tth: tokenHashOf(token) }),
      ...payload,
    };
    return jwt({ typ: 'wpt+jwt', alg: 'ES256', ...header }, claims, key);
  }
}

export interface WimseAsk extends Ask {
  readonly wit?: string | readonly string[] | null;
  /** Made for the WIT and the token unless given. */
  readonly wpt?: string | readonly string[] | null;
  readonly proof?: Parts;
  readonly proofKey?: KeyObject;
}

/** A service that requires WIT and WPT, and a workload that has both. */
export class WimseService {
  private constructor(
    readonly service: CalledService,
    readonly workload: Workload,
  ) {}

  static async start(options: Partial<WimseCallerOptions> = {}): Promise<WimseService> {
    const workload = new Workload();
    return new WimseService(await CalledService.start(workload.authenticator(options)), workload);
  }

  ask({ wit = this.workload.wit(), wpt, proof, proofKey, headers, token, ...rest }: WimseAsk = {}): Promise<Answer> {
    const txnToken = token === undefined ? this.service.tokens.token() : token;
    const first = typeof wit === 'string' ? wit : (wit?.[0] ?? '');
    const made = wpt === undefined ? this.workload.wpt(first, txnToken ?? undefined, proof, proofKey) : wpt;
    return this.service.ask({
      ...rest,
      token: txnToken,
      headers: {
        ...(wit !== null && { 'Workload-Identity-Token': typeof wit === 'string' ? wit : [...wit] }),
        ...(made !== null && { 'Workload-Proof-Token': typeof made === 'string' ? made : [...made] }),
        ...headers,
      },
    });
  }

  close(): Promise<void> {
    return this.service.close();
  }
}

/** R86: never a 401, and nothing of the tokens in the answer. */
export function expectRefusal(answer: Answer, code = 'caller_invalid'): void {
  expect(answer).toMatchObject({ status: 400, body: { code } });
  expect(JSON.stringify(answer.body)).not.toMatch(/eyJ|spiffe:/);
}
