import { SIGNING_ALGORITHMS } from '../keys/algorithms.js';
import { ANONYMOUS_USER_ID, type CustomClaims } from './internal-token-claims.js';
import { customClaimsOption, type CustomClaimsSchema, readCustomClaims } from './read-custom-claims.js';
import { InternalTokenError } from '../errors.js';
import { MintedToken } from './minted-token.js';
import {
  callback,
  check,
  type Check,
  type ChecksOf,
  group,
  name,
  optional,
  OptionPath,
  wholeNumber,
  withDefault,
} from '../options/index.js';
import type { Signer } from './signer.js';
import { isJsonObject, type JsonObject } from '../strict-json.js';
import { isSubject } from '../is-subject.js';
import { isTransactionId } from './transaction-id.js';
import { registerVerified, type VerifiedClaims } from './verified-claims.js';
import { SCOPE, toClaims, TRANSACTION_CONTEXT_NAMES } from './wire-claims.js';

/** Settings of a {@link TokenMinter}. */
export interface TokenMinterOptions {
  /** `aud` of every token: the name shared by all services that trust this gateway. */
  readonly trustDomain: string;
  /** `iss` of every token. Default `api_gateway`. */
  readonly issuer?: string;
  /** `req_wl` of every token: the name of the gateway's workload; no comma. */
  readonly workload: string;
  /** Seconds. Default 60, at most 300. */
  readonly lifetimeSeconds?: number;
  /** A signer, or a function that returns the current one. It is called at every mint, so keys may be rotated. */
  readonly signer: Signer | (() => Signer);
  /** The same schema as the verifiers', so that claims are equal with and without a hop. */
  readonly customClaims?: CustomClaimsSchema;
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly now?: () => number;
}

const workloadName = name('gateway');

/** The checks of what every token says, for each module's options that say it. */
export const ISSUING_CHECKS = {
  trustDomain: name('shop.example'),
  issuer: withDefault('api_gateway', name('api_gateway')),
  workload: ((given, at) => {
    if (typeof given === 'string' && given.includes(',')) throw at.mustBe('one name, without a comma', given);
    return workloadName(given, at);
  }) satisfies Check<string>,
  lifetimeSeconds: withDefault(60, wholeNumber(1, 300, 'seconds')),
  customClaims: optional(customClaimsOption),
};

const checkOptions = group({
  ...ISSUING_CHECKS,
  signer: check<TokenMinterOptions['signer']>('a signer, or a function that gives one', (given) =>
    ['object', 'function'].includes(typeof given),
  ),
  now: withDefault(() => Date.now(), callback<() => number>()),
} satisfies ChecksOf<TokenMinterOptions>);

/** The content of one token; the minter adds issuer, audience, workload and times. */
export interface MintInput {
  /** The request's id, from `newTransactionId()`. */
  readonly tokenId: string;
  /** Must not have leading or trailing white space, nor control, format or bidirectional characters. */
  readonly userId: string;
  readonly tenantId?: string;
  /** Duplicates are dropped. */
  readonly permissions: readonly string[];
  /** Purposes, space-delimited. */
  readonly scope: string;
  /** False only for the principal `anonymous`. */
  readonly authenticated: boolean;
  /** `rctx`: where the request came from, and how the user was authenticated (RFC 8176 values). */
  readonly requestContext?: { readonly req_ip?: string; readonly authn?: string | readonly string[] };
  /** Plain JSON data; its members are put into `tctx`. */
  readonly custom?: CustomClaims;
  /** Latest `exp`, in seconds since the epoch: when the access token expires. */
  readonly notAfter?: number;
}

/** Leaves room for what intermediaries add to a header; verifiers accept twice as much. */
export const MAX_MINTED_BYTES = 4096;

/**
 * Mints the token of a request: checks and fixes its claims at admission. It is signed once, when it first leaves the
 * process.
 */
export class TokenMinter {
  readonly #options: ReturnType<typeof checkOptions>;
  readonly #signer: () => Signer;
  #prepared: PreparedSigner;
  #minted = 0;
  #signed = 0;

  /** @throws InternalTokenError `configuration_invalid` */
  constructor(options: TokenMinterOptions) {
    const checked = checkOptions(options, new OptionPath('TokenMinter'));
    const { signer } = checked;
    this.#options = checked;
    this.#signer = typeof signer === 'function' ? signer : () => signer;
    this.#prepared = prepare(this.#signer());
  }

  /** How long a token lives from its issue, in seconds. */
  get lifetimeSeconds(): number {
    return this.#options.lifetimeSeconds;
  }

  /** Tokens minted by this object. */
  get minted(): number {
    return this.#minted;
  }

  /** How many of them have been signed. */
  get signed(): number {
    return this.#signed;
  }

  /**
   * @throws InternalTokenError `txn_mint_refused` for invalid input, `txn_too_large` (as a 500) for more than 4096
   * bytes, `txn_expired` if the access token has expired
   */
  mint(input: MintInput): VerifiedClaims {
    checkInput(input);
    const { trustDomain, issuer, workload, customClaims } = this.#options;
    const { signer, header, signatureChars } = this.#prepare();
    const members = customMembers(input.custom);
    const iat = Math.floor(this.#options.now() / 1000);
    const exp = Math.min(iat + this.lifetimeSeconds, Math.floor(input.notAfter ?? Infinity));
    if (exp <= iat) throw new InternalTokenError('txn_expired', 'The access token has expired or is about to.');

    const tctx = {
      ...(input.tenantId !== undefined && { tenant_id: input.tenantId }),
      permissions: [...new Set(input.permissions)],
      authenticated: input.authenticated,
    };
    const wire = {
      iss: issuer,
      iat,
      exp,
      aud: trustDomain,
      txn: input.tokenId,
      sub: input.userId,
      scope: input.scope,
      req_wl: workload,
      tctx,
    };
    const payload = encode(
      JSON.stringify({ ...wire, tctx: { ...tctx, ...members }, rctx: requestContext(input.requestContext) }),
    );
    const size = header.length + payload.length + signatureChars + 2;
    if (size > MAX_MINTED_BYTES) {
      throw new InternalTokenError('txn_too_large', `It has ${size} bytes, at most ${MAX_MINTED_BYTES} are allowed.`, {
        status: 500,
      });
    }
    const claims = toClaims(wire, acceptCustom(customClaims, members));
    this.#minted += 1;
    return registerVerified(
      claims,
      new MintedToken(signer, `${header}.${payload}`, () => {
        this.#signed += 1;
      }),
    );
  }

  #prepare(): PreparedSigner {
    const signer = this.#signer();
    if (signer !== this.#prepared.signer) this.#prepared = prepare(signer);
    return this.#prepared;
  }
}

/** What all tokens of one signer have in common. */
interface PreparedSigner {
  readonly signer: Signer;
  readonly header: string;
  readonly signatureChars: number;
}

function prepare(signer: Signer): PreparedSigner {
  const { algorithm, keyId: kid, publicJwk } = signer;
  const signatureBytes =
    SIGNING_ALGORITHMS[algorithm].signatureBytes ?? Buffer.from(publicJwk.n ?? '', 'base64url').length;
  return {
    signer,
    header: encode(JSON.stringify({ alg: algorithm, typ: 'txntoken+jwt', kid })),
    signatureChars: Math.ceil((signatureBytes * 4) / 3),
  };
}

function encode(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64url');
}

function refused(detail: string): InternalTokenError {
  return new InternalTokenError('txn_mint_refused', detail);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function checkInput({ tokenId, userId, tenantId, permissions, scope, authenticated, notAfter }: MintInput): void {
  if (!isTransactionId(tokenId)) throw refused('tokenId must come from newTransactionId().');
  if (!isSubject(userId)) {
    throw refused(
      'userId must not be empty, have leading or trailing white space, or contain control or format characters.',
    );
  }
  if (tenantId !== undefined && !isText(tenantId)) throw refused('tenantId must be a non-empty string, or absent.');
  if (!Array.isArray(permissions) || !permissions.every(isText)) {
    throw refused('permissions must be an array of non-empty strings.');
  }
  if (!isText(scope) || !SCOPE.test(scope)) throw refused('scope must be one or more purposes, space-delimited.');
  if (typeof authenticated !== 'boolean') throw refused('authenticated must be true or false.');
  if (authenticated === (userId === ANONYMOUS_USER_ID)) {
    throw refused(
      `A request without credentials must have the userId ${ANONYMOUS_USER_ID}, and an authenticated one must not.`,
    );
  }
  if (!authenticated && (permissions.length > 0 || tenantId !== undefined)) {
    throw refused('A request without credentials must have neither permissions nor a tenant.');
  }
  if (notAfter !== undefined && !Number.isFinite(notAfter)) throw refused('notAfter must be seconds since the epoch.');
}

/** Copies only the two known members, so that nothing else gets into a token. */
function requestContext(context: MintInput['requestContext'] = {}): JsonObject {
  const { req_ip, authn } = context;
  return { ...(req_ip !== undefined && { req_ip }), ...(authn !== undefined && { authn }) };
}

/** Custom claims as the verifier will see them: JSON drops or converts values, so that is done here already. */
function customMembers(custom: CustomClaims | undefined): JsonObject {
  if (custom === undefined) return {};
  let members: unknown;
  try {
    members = JSON.parse(JSON.stringify(custom), (name, value: unknown) => {
      if (name === '__proto__') throw refused('A custom claim must not be named __proto__.');
      return value;
    });
  } catch (error) {
    throw error instanceof InternalTokenError ? error : refused('Custom claims must be plain JSON data.');
  }
  if (!isJsonObject(members)) throw refused('Custom claims must be an object.');
  const taken = Object.keys(members).find((name) => TRANSACTION_CONTEXT_NAMES.has(name));
  if (taken !== undefined) throw refused(`A custom claim must not be named ${taken}.`);
  return members;
}

function acceptCustom(schema: CustomClaimsSchema | undefined, members: JsonObject): CustomClaims {
  try {
    return readCustomClaims(schema, members);
  } catch (error) {
    if (error instanceof InternalTokenError && error.code === 'txn_claims_invalid') throw refused(error.detail);
    throw error;
  }
}
