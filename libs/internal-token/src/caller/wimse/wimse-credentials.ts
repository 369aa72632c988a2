import { randomBytes } from 'node:crypto';
import { InternalTokenError, type Signer, tokenHash } from '../../core/index.js';
import { CallerCredentials, type CallToProve } from '../../nest/index.js';
import { accessTokenIn } from './wimse-jwt.js';

/** The identity of this process, and the key that proves it. */
export interface WorkloadIdentity {
  /** The workload identity token (WIT), unchanged. */
  readonly token: string;
  /** Signs with the key that the token confirms, which must not be used for anything else. */
  readonly signer: Signer;
}

/** Settings of {@link WimseCredentials}. */
export interface WimseCredentialsOptions {
  /** The identity, or a function that returns the current one at each call: workload tokens expire after hours. */
  readonly identity: WorkloadIdentity | (() => WorkloadIdentity);
  /** The lifetime of a proof in seconds, 1 to 300. Default 30. */
  readonly proofSeconds?: number;
}

/**
 * Sends the workload identity token and a fresh proof (WPT; draft-ietf-wimse-wpt-01) on every call that carries the
 * internal token, bound to it and to the address of the call.
 *
 * ```ts
 * { provide: CallerCredentials, useFactory: () => new WimseCredentials({ identity: () => agent.currentIdentity }) }
 * ```
 */
export class WimseCredentials extends CallerCredentials {
  readonly #identity: () => WorkloadIdentity;
  readonly #proofSeconds: number;

  /** @throws InternalTokenError `configuration_invalid` */
  constructor({ identity, proofSeconds = 30 }: WimseCredentialsOptions) {
    super();
    if (!(proofSeconds >= 1 && proofSeconds <= 300)) {
      throw new InternalTokenError('configuration_invalid', 'WimseCredentials: proofSeconds: give 1 to 300 seconds.');
    }
    this.#identity = typeof identity === 'function' ? identity : () => identity;
    this.#proofSeconds = proofSeconds;
  }

  override fieldsFor({ origin, path, token, authorization }: CallToProve): readonly string[] {
    const identity = this.#identity();
    const accessToken = accessTokenIn(authorization);
    const proof = this.#prove(identity, {
      aud: `${origin}${path.split('?', 1)[0]}`,
      exp: Math.floor(Date.now() / 1000) + this.#proofSeconds,
      jti: randomBytes(16).toString('base64url'),
      wth: tokenHash(identity.token),
      tth: tokenHash(token),
      ...(accessToken !== undefined && { ath: tokenHash(accessToken) }),
    });
    return ['Workload-Identity-Token', identity.token, 'Workload-Proof-Token', proof];
  }

  #prove({ signer }: WorkloadIdentity, claims: object): string {
    const text = `${encode({ typ: 'wpt+jwt', alg: signer.algorithm })}.${encode(claims)}`;
    const signature = signer.sign(Buffer.from(text));
    if (signature instanceof Promise) {
      signature.catch(() => undefined);
      throw new InternalTokenError(
        'configuration_invalid',
        'WimseCredentials: the signer is asynchronous; give one with a key in this process.',
      );
    }
    return `${text}.${Buffer.from(signature).toString('base64url')}`;
  }
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}
