import { type KeyObject, randomBytes } from 'node:crypto';
import {
  type LocalSigning,
  localSigning,
  option,
  OptionPath,
  type SigningAlgorithm,
  tokenHash,
} from '../../core/index.js';
import { CallerCredentials, type CallToProve } from '../../nest/index.js';
import { accessTokenIn } from './wimse-jwt.js';

/** The identity of this process, and the key that proves it. */
export interface WorkloadIdentity {
  /** The workload identity token (WIT), unchanged. */
  readonly token: string;
  /** The private half of the key that the token confirms. It must not be used for anything else. */
  readonly key: KeyObject;
  /** Default: the algorithm that fits the key; RS256 for RSA. */
  readonly algorithm?: SigningAlgorithm;
}

/** Settings of {@link WimseCredentials}. */
export interface WimseCredentialsOptions {
  /** The identity, or a function that returns the current one at each call: workload tokens expire after hours. */
  readonly identity: WorkloadIdentity | (() => WorkloadIdentity);
  /** The lifetime of a proof in seconds, 1 to 300. Default 30. */
  readonly proofSeconds?: number;
}

const checkOptions = option.group({
  identity: option.secret(
    option.check<WorkloadIdentity | (() => WorkloadIdentity)>('{ token, key }, or a function that gives it', (given) =>
      ['object', 'function'].includes(typeof given),
    ),
  ),
  proofSeconds: option.withDefault(30, option.amount(1, 300, 'seconds')),
} satisfies option.ChecksOf<WimseCredentialsOptions>);

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
  readonly #signings = new WeakMap<KeyObject, LocalSigning>();

  /** @throws InternalTokenError `configuration_invalid` */
  constructor(options: WimseCredentialsOptions) {
    super();
    const { identity, proofSeconds } = checkOptions(options, new OptionPath('WimseCredentials'));
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

  #prove(identity: WorkloadIdentity, claims: object): string {
    const { algorithm, sign } = this.#signing(identity);
    const text = `${encode({ typ: 'wpt+jwt', alg: algorithm })}.${encode(claims)}`;
    return `${text}.${Buffer.from(sign(Buffer.from(text))).toString('base64url')}`;
  }

  /** Each key is checked once. */
  #signing({ key, algorithm }: WorkloadIdentity): LocalSigning {
    const known = this.#signings.get(key);
    if (known !== undefined) return known;
    const signing = localSigning(key, algorithm);
    this.#signings.set(key, signing);
    return signing;
  }
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}
