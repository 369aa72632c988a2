/** A call to another process of the trust domain, just before it is sent. */
export interface CallToProve {
  /** Scheme, host and port. */
  readonly origin: string;
  /** The request target as it is sent: path and query. */
  readonly path: string;
  /** The internal token that it carries. */
  readonly token: string;
  /** The `Authorization` that a gateway forwards along with it. */
  readonly authorization?: string | undefined;
}

/**
 * Says on outgoing calls which process sends them, for a `CallerAuthenticator` at the other end. Provide one class that
 * extends it in any module; there is none by default. It is asked for each call that carries an internal token, repeated
 * ones and those that a gateway forwards included, and never for any other.
 */
export abstract class CallerCredentials {
  /**
   * Further fields of the request: name, value, name, value, …
   * @throws InternalTokenError where there are none at the moment; the call is not made then
   */
  abstract fieldsFor(call: CallToProve): readonly string[];
}
