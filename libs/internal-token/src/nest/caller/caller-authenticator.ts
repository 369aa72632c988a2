import type { IncomingMessage } from 'node:http';

/** A request whose headers have arrived. */
export interface CallerRequest {
  readonly raw: IncomingMessage;
  /** The internal token as it came, if there was exactly one; not verified yet. */
  readonly token: string | undefined;
}

/**
 * Says which process has sent a request: not the user, whom the internal token names, but the workload at the other end
 * of the connection. Provide one class that extends it in any module, and every request that this process receives from
 * another one has to have such a caller; there is none by default.
 *
 * `MtlsCallerAuthenticator` and `WimseCallerAuthenticator` in `nestjs-internal-token/caller` are two.
 */
export abstract class CallerAuthenticator {
  /**
   * The caller's id, such as `spiffe://shop.example/orders`: proven, never merely said. The internal token proves
   * nothing about the caller (draft-ietf-oauth-transaction-tokens-11, section 13.12).
   * @throws InternalTokenError (or rejects with it) `caller_missing`, `caller_invalid`, `caller_replayed`,
   * `caller_unavailable`
   */
  abstract authenticate(request: CallerRequest): string | Promise<string>;
}
