export { Capture } from './capture.js';
export * as format from './format.js';
export type { Line } from './line.js';
export type * from './live.js';
export { RecentRequests, type RecentRequestsOptions } from './recent-requests.js';
export * from './render/index.js';
export type * from './report.js';
export { reportTrace, type TraceOptions } from './report-trace.js';
