/** One refusal or failure: its HTTP status, what happened, and what the caller does about it. */
export interface ErrorEntry {
  readonly status: number;
  readonly title: string;
  readonly action: string;
  /** The `Retry-After` of a 503 (RFC 9110, section 10.2.3), in seconds. Default 1. */
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
    action: 'Configure issuer and verifiers with the same algorithm.',
  },
  txn_key_unknown: {
    status: 401,
    title: 'The key of the internal token is unknown',
    action: 'Check that this service reads the key set of the issuing gateway; a new key takes a moment to arrive.',
  },
  txn_signature: {
    status: 401,
    title: 'The signature of the internal token is not valid',
    action: 'Send the token unchanged.',
  },
  txn_issuer: {
    status: 401,
    title: 'The internal token comes from another issuer',
    action: 'Configure the gateway and this service with the same issuer name.',
  },
  txn_audience: {
    status: 401,
    title: 'The internal token is for another trust domain',
    action: 'Configure the gateway and this service with the same trust domain.',
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
    title: 'A claim of the internal token is missing or has the wrong type',
    action: 'Make the gateway issue every required claim; compare the versions of gateway and service.',
  },
  txn_too_large: {
    status: 401,
    title: 'The internal token is too large',
    action: 'Give the user fewer permissions or shorter custom claims; claims are never dropped silently.',
  },
  txn_scope: {
    status: 403,
    title: 'The internal token does not have the scope of this operation',
    action: 'Request an access token with a scope that this operation accepts.',
  },
  txn_permission: {
    status: 403,
    title: 'The user lacks a permission',
    action: 'Grant the user the permission that this operation needs.',
  },
  txn_replayed: {
    status: 401,
    title: 'The internal token has already been used',
    action: 'Start again at the gateway.',
  },
  txn_replay_unknown: {
    status: 503,
    title: 'The replay store did not answer',
    action: 'Try again in a moment; if the error persists, check that this service can reach its replay store.',
  },
  txn_keys_not_ready: {
    status: 503,
    title: 'The keys for internal tokens are not loaded',
    action: 'Try again in a moment; if the error persists, check that this service can reach its key source.',
    retryAfterSeconds: 30,
  },
  txn_no_context: {
    status: 500,
    title: 'There are no verified claims in this context',
    action: 'Read claims only while a request is being served, or enter a context with InternalTokenContext.run().',
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
    title: 'The calling process did not identify itself',
    action: 'Send the credential that this service asks for: a client certificate or a workload identity token.',
  },
  caller_invalid: {
    status: 400,
    title: 'The identity of the calling process could not be verified',
    action: 'Read the detail; compare the certificates, trust domains, audiences and clocks of the two processes.',
  },
  caller_replayed: {
    status: 400,
    title: 'The proof of the calling process has already been used',
    action: 'Create a new proof for each request.',
  },
  caller_not_allowed: {
    status: 403,
    title: 'The calling process is not allowed to make this call',
    action: 'If it should be, add its id to the callers of this service or handler.',
  },
  caller_unavailable: {
    status: 503,
    title: 'The identity of the calling process cannot be checked at the moment',
    action:
      'Try again in a moment; if the error persists, check the identity key source and the replay store of this service.',
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
    title: 'Protocol upgrades are not accepted',
    action: 'Use plain HTTP/1.1 requests; WebSocket is not available here.',
  },
  json_too_deep: {
    status: 400,
    title: 'The JSON body is nested too deeply',
    action: 'Nest arrays and objects less deeply.',
  },
  payload_too_large: {
    status: 413,
    title: 'The body is too large',
    action: 'Send a smaller body.',
  },
  insufficient_scope: {
    status: 403,
    title: 'The access token does not cover this operation',
    action: 'Request an access token with the scope of this operation from the identity provider.',
  },
  insufficient_permissions: {
    status: 403,
    title: 'The user is not allowed to do this',
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
    action: 'Check the method and the path.',
  },
  enrichment_failed: {
    status: 503,
    title: 'The permissions of the user could not be determined',
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
    title: 'Too many requests are waiting for the service behind this route',
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
    action: 'Ask the operators to compare the configuration of gateway and service.',
  },
  upstream_rejected_caller: {
    status: 502,
    title: 'The service behind this route did not accept this process as its caller',
    action: 'Ask the operators to compare the certificates of the two processes and the list of allowed callers.',
  },
  internal_call_unsafe: {
    status: 500,
    title: 'A call to an internal origin would not reach its service directly and safely',
    action: 'Read the message in the log: bypass the proxy, use the client that it names, or list the sidecar.',
  },
  configuration_invalid: {
    status: 500,
    title: 'The configuration is not valid',
    action: 'Correct the setting named in the message.',
  },
} as const satisfies Record<string, ErrorEntry>;

/** The stable name of a refusal or failure, for programs to compare. It stands in logs and response bodies. */
export type InternalTokenErrorCode = keyof typeof table;

/** Every code with its HTTP status, what happened and what the caller does about it. The docs are generated from it. */
export const INTERNAL_TOKEN_ERRORS: Readonly<Record<InternalTokenErrorCode, ErrorEntry>> = table;

/**
 * Every refusal and failure of this library.
 *
 * `detail` may be shown to the caller: it says what is wrong and never contains a token, a key or a claim's value.
 */
export class InternalTokenError extends Error {
  /** The HTTP status this error is answered with. */
  readonly status: number;
  /** What is wrong in this case; by default the table's advice for the code. */
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
