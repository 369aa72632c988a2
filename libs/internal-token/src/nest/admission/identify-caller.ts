import type { CallerAuthentication } from '../caller/caller-authentication.js';
import type { Step } from './request-pipeline.js';
import type { RequestRecord } from '../context/request-record.js';

/** Asks the application's `CallerAuthenticator`, if there is one, which process has sent the request. */
export function identifyCaller(callers: CallerAuthentication): Step<RequestRecord> {
  return (request) => callers.identify(request);
}
