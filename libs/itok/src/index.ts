export { livePage, livePagePolicy } from './page/index.js';
export {
  Capture,
  type CaptureReport,
  followLog,
  type FollowLogOptions,
  type KeyReport,
  type Line,
  RecentRequests,
  type RecentRequestsOptions,
  type RequestSummary,
  type TokenInspection,
  type TraceReport,
} from './trace/index.js';
