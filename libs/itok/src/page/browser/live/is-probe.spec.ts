import { isProbe } from './is-probe.js';

describe('a probe', () => {
  it.each(['GET /health', 'GET /health/live', 'HEAD /health/ready', 'GET /healthz', 'GET /readyz', 'GET /metrics'])(
    'is %s',
    (op) => expect(isProbe({ op })).toBe(true),
  );

  it.each(['GET', 'GET /orders', 'POST /health', 'GET /health-insurances', 'GET /health/:id', 'GET /orders/health'])(
    'does not include %s',
    (op) => expect(isProbe({ op })).toBe(false),
  );
});
