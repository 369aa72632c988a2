/** One refusal or failure: its HTTP status, what happened, and what the caller does about it. */
export interface ErrorEntry {
  readonly status: number;
  readonly title: string;
  readonly action: string;
  /** Of a 503: what `Retry-After` says (RFC 9110, section 10.2.3), in seconds. Default 1. */
  readonly retryAfterSeconds?: number;
}

const table = {
  txn_missing: {
    status: 401,
    title: 'No internal token',
    action: 'Call through the gateway, or pass on the Txn-Token of the request being served.',
  },
  txn_malformed: {
    status: 401,
    title: 'The internal token is not a well-formed compact JWS',
    action: 'Send the token exactly as it was received: no prefix, no padding, no whitespace.',
  },
  txn_multiple: {
    status: 401,
    title: 'More than one internal token',
    action: 'Send exactly one Txn-Token field with one value.',
  },
  txn_type: {
    status: 401,
    title: 'Not an internal token',
    action: 'Send the token whose "typ" is txntoken+jwt; access tokens and ID tokens are not accepted here.',
  },
  txn_alg: {
    status: 401,
    title: 'The algorithm of the internal token is not accepted',
    action: 'Let issuer and verifiers be configured with the same algorithms.',
  },
  txn_key_unknown: {
    status: 401,
    title: 'The key of the internal token is not known',
    action: 'Check that this service reads the key set of the gateway that issued the token; a new key needs a moment.',
  },
  txn_signature: {
    status: 401,
    title: 'The signature of the internal token does not fit',
    action: 'Send the token unchanged.',
  },
  txn_issuer: {
    status: 401,
    title: 'The internal token comes from another issuer',
    action: 'Let the gateway and this service be configured with the same issuer name.',
  },
  txn_audience: {
    status: 401,
    title: 'The internal token is for another trust domain',
    action: 'Let the gateway and this service be configured with the same trust domain.',
  },
  txn_expired: {
    status: 401,
    title: 'The internal token has expired',
    action: 'Start again at the gateway: an internal token lives for one request and is never renewed.',
  },
  txn_not_yet_valid: {
    status: 401,
    title: 'The internal token is not valid yet',
    action: 'Compare the clocks of the gateway and this service.',
  },
  txn_lifetime: {
    status: 401,
    title: 'The internal token lives too long',
    action: 'Configure a shorter lifetime at the gateway, or a longer accepted one here (at most 300 seconds).',
  },
  txn_claims_invalid: {
    status: 401,
    title: 'A claim of the internal token is missing or of the wrong kind',
    action: 'Let the gateway issue every required claim; compare the versions of gateway and service.',
  },
  txn_too_large: {
    status: 401,
    title: 'The internal token is too large',
    action: 'Give the user fewer permissions or shorter custom claims; claims are never dropped silently.',
  },
  txn_scope: {
    status: 403,
    title: 'The request is not for this purpose',
    action: 'Ask for an access token with a scope that this operation accepts.',
  },
  txn_permission: {
    status: 403,
    title: 'The user lacks a permission',
    action: 'Give the user the permission that this operation needs.',
  },
  txn_replayed: {
    status: 401,
    title: 'The internal token was used before',
    action: 'Start again at the gateway.',
  },
  txn_replay_unknown: {
    status: 503,
    title: 'It cannot be told whether the internal token was used before',
    action: 'Try again in a moment; if it lasts, check that the replay store of this service can be reached.',
  },
  txn_keys_not_ready: {
    status: 503,
    title: 'The keys for internal tokens are not loaded',
    action: 'Try again in a moment; if it lasts, check that the key source of this service can be reached.',
    retryAfterSeconds: 30,
  },
  txn_no_context: {
    status: 500,
    title: 'No verified claims here',
    action: 'Ask for claims only while a request is served, or enter a context with InternalTokenContext.run().',
  },
  txn_unsigned: {
    status: 500,
    title: 'The internal token is not signed yet',
    action: 'With an asynchronous signer, await encodedToken(claims) once before the first call to another service.',
  },
  txn_mint_refused: {
    status: 500,
    title: 'The internal token could not be issued',
    action: 'Give the issuer every required claim in its required form.',
  },
  caller_missing: {
    status: 400,
    title: 'The calling process did not say who it is',
    action: 'Let the calling process show what this service asks for: its certificate, or its workload identity token.',
  },
  caller_invalid: {
    status: 400,
    title: 'It is not proven which process calls',
    action: 'Read the detail; compare certificates, trust domain, audience and clocks of the two processes.',
  },
  caller_replayed: {
    status: 400,
    title: 'The proof of the calling process was used before',
    action: 'Make a proof for each request.',
  },
  caller_not_allowed: {
    status: 403,
    title: 'This process may not call here',
    action: 'Add its id to the callers of this service or handler, if it should.',
  },
  caller_unavailable: {
    status: 503,
    title: 'It cannot be told which process calls',
    action: 'Try again in a moment; if it lasts, check that this service can read the keys of the workload identities.',
    retryAfterSeconds: 5,
  },
  access_token_missing: {
    status: 401,
    title: 'No access token',
    action: 'Send an access token: Authorization: Bearer <token>.',
  },
  access_token_invalid: {
    status: 401,
    title: 'The access token is not accepted',
    action: 'Get a new access token from the identity provider.',
  },
  invalid_request: {
    status: 400,
    title: 'The request is not well-formed',
    action: 'Correct the request.',
  },
  upgrade_refused: {
    status: 400,
    title: 'The protocol is not changed',
    action: 'Use HTTP/1.1 requests: WebSocket is not spoken here.',
  },
  json_too_deep: {
    status: 400,
    title: 'The JSON body is nested too deeply',
    action: 'Send fewer arrays and objects inside one another.',
  },
  payload_too_large: {
    status: 413,
    title: 'The body is too large',
    action: 'Send a smaller body.',
  },
  insufficient_scope: {
    status: 403,
    title: 'The access token does not cover this operation',
    action: 'Ask the identity provider for an access token with the scope of this operation.',
  },
  insufficient_permissions: {
    status: 403,
    title: 'The user may not do this',
    action: 'Ask an administrator for the permission.',
  },
  misdirected_request: {
    status: 421,
    title: 'This host is not served here',
    action: 'Send the request to a host name under which the service is published.',
  },
  route_not_found: {
    status: 404,
    title: 'No such route',
    action: 'Check method and path.',
  },
  enrichment_failed: {
    status: 503,
    title: 'The rights of the user could not be determined',
    action: 'Try again in a moment.',
  },
  identity_provider_unavailable: {
    status: 503,
    title: 'The identity provider cannot be reached',
    action: 'Try again in a moment.',
    retryAfterSeconds: 30,
  },
  upstream_unreachable: {
    status: 502,
    title: 'The service behind this route cannot be reached',
    action: 'Try again in a moment.',
  },
  upstream_overloaded: {
    status: 503,
    title: 'Too many requests wait for the service behind this route',
    action: 'Try again in a moment.',
  },
  upstream_timeout: {
    status: 504,
    title: 'The service behind this route did not answer in time',
    action: 'Try again in a moment.',
  },
  upstream_rejected_token: {
    status: 502,
    title: 'The service behind this route did not accept the internal token',
    action: 'Let the operators compare the configuration of gateway and service.',
  },
  upstream_rejected_caller: {
    status: 502,
    title: 'The service behind this route did not accept this process as its caller',
    action: 'Let the operators compare the certificates and the list of callers of the two processes.',
  },
  internal_call_unsafe: {
    status: 500,
    title: 'A call to an internal origin would not go straight and safely to its service',
    action: 'Read the message in the log: bypass the proxy, use the client that it names, or list the sidecar.',
  },
  configuration_invalid: {
    status: 500,
    title: 'The configuration is not valid',
    action: 'Correct the setting named in the message.',
  },
} as const satisfies Record<string, ErrorEntry>;

/** The stable name of a refusal or failure: what programs compare, what logs and bodies carry. */
export type InternalTokenErrorCode = keyof typeof table;

/** Every code with its HTTP status, what happened and what the caller does about it. Docs are made from it. */
export const INTERNAL_TOKEN_ERRORS: Readonly<Record<InternalTokenErrorCode, ErrorEntry>> = table;

/**
 * Every refusal and failure of this library.
 *
 * `detail` may be shown to the caller: it names what is wrong, never a token, a key or a claim's value.
 */
export class InternalTokenError extends Error {
  /** The HTTP status this error is answered with. */
  readonly status: number;
  /** What is wrong in this case, or what the table says to do about the code. */
  readonly detail: string;

  constructor(
    readonly code: InternalTokenErrorCode,
    detail?: string,
    options?: ErrorOptions & { readonly status?: number },
  ) {
    const entry = INTERNAL_TOKEN_ERRORS[code];
    super(detail === undefined ? `${entry.title} (${code})` : `${entry.title} (${code}): ${detail}`, options);
    this.name = 'InternalTokenError';
    this.status = options?.status ?? entry.status;
    this.detail = detail ?? entry.action;
  }
}
