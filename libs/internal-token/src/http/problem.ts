export type { Problem as HttpProblem } from '../core/index.js';
