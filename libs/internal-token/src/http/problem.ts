import type { Problem } from '../core/index.js';

/** The body of an error answer: {@link Problem}, in which a failure of this side has no detail. */
export interface HttpProblem extends Omit<Problem, 'detail'> {
  readonly detail?: string;
  /** The single findings of a validation. */
  readonly errors?: readonly string[];
}
