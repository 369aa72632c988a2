/** Why spans did not arrive. */
export type PostFailure =
  /** Nothing was sent: the address or a header is invalid. */
  | 'invalid'
  /** The connection failed or broke. */
  | 'unreachable'
  /** No answer in time. */
  | 'timeout'
  /** The answer is a redirect. */
  | 'redirected'
  /** The answer is not a success. */
  | 'refused'
  /** The caller aborted the request. */
  | 'stopped';

/** Spans were not accepted. The message says where, why and what to do; it holds no credential. */
export class PostError extends Error {
  constructor(
    readonly failure: PostFailure,
    message: string,
    /** The HTTP status of the answer, if there was one. */
    readonly status?: number,
  ) {
    super(message);
    this.name = 'PostError';
  }
}
