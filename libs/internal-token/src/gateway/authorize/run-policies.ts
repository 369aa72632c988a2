import type { Step } from '../../nest/index.js';
import type { GatewayRequest } from '../gateway-request.js';
import { expose, type VisibleCredentials } from '../normalize/expose.js';
import type { EdgePolicies } from './edge-policies.js';

/** Runs the policies that need no principal: they also see requests with wrong credentials. */
export function runEarlyPolicies(policies: EdgePolicies): Step<GatewayRequest> {
  return (request) => {
    expose(request);
    policies.checkBefore(request);
  };
}

/** Runs the policies that know who asks. Waits from the first one on that returns a promise. */
export function runPolicies(policies: EdgePolicies, visible: VisibleCredentials): Step<GatewayRequest> {
  return (request) => {
    expose(request, visible);
    return policies.checkAfter(request);
  };
}
