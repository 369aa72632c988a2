export { followLog, type FollowLogOptions } from './follow-log.js';
export { type LogReading, readLog, type ReadLogOptions } from './read-log.js';
export { TraceInputError } from './trace-input-error.js';
