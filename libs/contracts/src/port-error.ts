/** What can fail between the two sides of a port, with any transport. Domains add their own codes. */
export const PORT_FAILURES = {
  /** The input violates the contract: a defect of the caller. */
  port_input_invalid: 400,
  /** The caller's token has expired: the request took too long and must start again at the gateway. */
  txn_expired: 401,
  /** The other side does not offer this method: it runs another version of the contract. */
  port_method_unknown: 501,
  /** The answer violates the contract: a defect of the implementation. */
  port_output_invalid: 502,
  /** No connection to the other side; nothing was done. */
  port_unreachable: 502,
  /** The connection broke after the request was sent; it may have been done. */
  port_interrupted: 502,
  /** No answer in time; it may have been done. */
  port_timeout: 504,
  /** The implementation failed in a way that is not part of the contract; details are in its own log. */
  internal_error: 500,
} as const satisfies Record<string, number>;

export type PortFailure = keyof typeof PORT_FAILURES;

/**
 * The only error type that crosses a port. Callers branch on `code`; `status` is the HTTP status, `detail` a sentence
 * for people. Nothing else crosses: no stack, no cause.
 */
export class PortError extends Error {
  override readonly name = 'PortError';

  constructor(
    readonly code: string,
    readonly status: number,
    readonly detail: string,
    options?: ErrorOptions,
  ) {
    super(`${code}: ${detail}`, options);
  }

  /** A failure of the port itself; its status is in the table. */
  static of(code: PortFailure, detail: string, options?: ErrorOptions): PortError {
    return new PortError(code, PORT_FAILURES[code], detail, options);
  }

  /** The wire format. */
  toJSON(): { code: string; status: number; detail: string } {
    return { code: this.code, status: this.status, detail: this.detail };
  }
}
