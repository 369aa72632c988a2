/** Why spans did not arrive. */
export type PostFailure =
  /** Not asked: the address or a header cannot be used. */
  | 'invalid'
  /** No connection, or it broke. */
  | 'unreachable'
  /** No answer in time. */
  | 'timeout'
  /** The answer leads elsewhere. */
  | 'redirected'
  /** The answer is no success. */
  | 'refused'
  /** Whoever asked for it has stopped it. */
  | 'stopped';

/** Spans were not taken. The message says where, why and what to do; it holds no credential. */
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
