export { answerFrameworkError, type FastifyReplyLike } from './answer-framework-error.js';
export { describeException, type DescribedException, isProblemError, type ProblemError } from './describe-exception.js';
export { InternalTokenProblemFilter } from './internal-token-problem.filter.js';
export type { HttpProblem } from './problem.js';
export { sendProblem } from './send-problem.js';
