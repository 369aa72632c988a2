export type { HttpProblem } from './problem.js';
export { sendProblem } from './send-problem.js';
