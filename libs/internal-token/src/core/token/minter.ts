import { SIGNING_ALGORITHMS } from '../keys/algorithms.js';
import { ANONYMOUS_USER_ID, type CustomClaims } from './internal-token-claims.js';
import { type CustomClaimsSchema, readCustomClaims } from './read-custom-claims.js';
import { InternalTokenError } from '../errors.js';
import { MintedToken } from './minted-token.js';
import { requireName, requireSeconds } from '../settings.js';
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
  /** `iss` of every token. */
  readonly issuer: string;
  /** `req_wl` of every token: the name of the gateway's workload; no comma. */
  readonly workload: string;
  /** Seconds. Default 60, at most 300. */
  readonly lifetimeSeconds?: number;
  /** Or a function that says which one signs now, asked at every mint: keys may change while the gateway runs. */
  readonly signer: Signer | (() => Signer);
  /** The same schema as the verifiers', so that claims come out equal with and without a hop. */
  readonly customClaims?: CustomClaimsSchema;
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly now?: () => number;
}

/** What one token says; issuer, audience, workload and times are the minter's. */
export interface MintInput {
  /** The request's id, from `newTransactionId()`. */
  readonly tokenId: string;
  /** Without white space at its ends, control, format and bidirectional characters. */
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
  /** Plain JSON data; its members stand in `tctx`. */
  readonly custom?: CustomClaims;
  /** Seconds since the epoch that `exp` may not pass: the end of the access token's life. */
  readonly notAfter?: number;
}

/** Room for what intermediaries add to a header; verifiers accept twice as much. */
export const MAX_MINTED_BYTES = 4096;

/**
 * Fixes the claims of one request's token. Everything is checked here, at admission; the signature is made when the
 * token first leaves the process.
 */
export class TokenMinter {
  readonly #options: TokenMinterOptions;
  readonly lifetimeSeconds: number;
  readonly #signer: () => Signer;
  readonly #now: () => number;
  #prepared: PreparedSigner;
  #minted = 0;
  #signed = 0;

  /** @throws InternalTokenError `configuration_invalid` */
  constructor(options: TokenMinterOptions) {
    requireName('trustDomain', options.trustDomain);
    requireName('issuer', options.issuer);
    requireName('workload', options.workload);
    if (options.workload.includes(',')) {
      throw new InternalTokenError('configuration_invalid', 'workload contains a comma: give one name.');
    }
    const { signer } = options;
    this.#signer = typeof signer === 'function' ? signer : () => signer;
    this.#options = options;
    this.lifetimeSeconds = requireSeconds('lifetimeSeconds', options.lifetimeSeconds ?? 60, 1, 300);
    this.#prepared = prepare(this.#signer());
    this.#now = options.now ?? Date.now;
  }

  /** Tokens minted by this object. */
  get minted(): number {
    return this.#minted;
  }

  /** Signatures made for them: at most one each. */
  get signed(): number {
    return this.#signed;
  }

  /**
   * @throws InternalTokenError `txn_mint_refused` for input that makes no valid token, `txn_too_large` (as a 500) for
   * more than 4096 bytes, `txn_expired` if nothing is left of the access token's life. No token exists then.
   */
  mint(input: MintInput): VerifiedClaims {
    checkInput(input);
    const { trustDomain, issuer, workload, customClaims } = this.#options;
    const { signer, header, signatureChars } = this.#prepare();
    const members = customMembers(input.custom);
    const iat = Math.floor(this.#now() / 1000);
    const exp = Math.min(iat + this.lifetimeSeconds, Math.floor(input.notAfter ?? Infinity));
    if (exp <= iat) throw new InternalTokenError('txn_expired', 'Nothing is left of the lifetime it may have.');

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
      throw new InternalTokenError('txn_too_large', `${size} bytes, ${MAX_MINTED_BYTES} are allowed.`, { status: 500 });
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

/** What every token of a signer has in common. */
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
      'userId must be a name without white space at its ends, control, format and bidirectional characters.',
    );
  }
  if (tenantId !== undefined && !isText(tenantId)) throw refused('tenantId must be a non-empty string, or absent.');
  if (!Array.isArray(permissions) || !permissions.every(isText)) {
    throw refused('permissions must be an array of non-empty strings.');
  }
  if (!isText(scope) || !SCOPE.test(scope)) throw refused('scope must be one or more purposes, space-delimited.');
  if (typeof authenticated !== 'boolean') throw refused('authenticated must be true or false.');
  if (authenticated === (userId === ANONYMOUS_USER_ID)) {
    throw refused(`userId ${ANONYMOUS_USER_ID} is reserved for requests without credentials, which have no other.`);
  }
  if (!authenticated && (permissions.length > 0 || tenantId !== undefined)) {
    throw refused('A request without credentials has neither permissions nor a tenant.');
  }
  if (notAfter !== undefined && !Number.isFinite(notAfter)) throw refused('notAfter must be seconds since the epoch.');
}

/** Only what is named: nothing else of an object from outside gets into a token. */
function requestContext(context: MintInput['requestContext'] = {}): JsonObject {
  const { req_ip, authn } = context;
  return { ...(req_ip !== undefined && { req_ip }), ...(authn !== undefined && { authn }) };
}

/** Custom claims as they come out at the other end: what JSON does to them happens here already. */
function customMembers(custom: CustomClaims | undefined): JsonObject {
  if (custom === undefined) return {};
  let members: unknown;
  try {
    members = JSON.parse(JSON.stringify(custom), (name, value: unknown) => {
      if (name === '__proto__') throw refused('No custom claim may be called __proto__.');
      return value;
    });
  } catch (error) {
    throw error instanceof InternalTokenError ? error : refused('Custom claims must be plain JSON data.');
  }
  if (!isJsonObject(members)) throw refused('Custom claims must be one object.');
  const taken = Object.keys(members).find((name) => TRANSACTION_CONTEXT_NAMES.has(name));
  if (taken !== undefined) throw refused(`No custom claim may be called ${taken}.`);
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
