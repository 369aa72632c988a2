import { ResponseFields } from './response-fields.js';

describe('ResponseFields', () => {
  it('R175: passes on what a service says about a user, and drops internal fields', () => {
    const fields = new ResponseFields('gateway', new Set());
    const own = { 'x-user-id': '7', 'x-roles': 'admin', 'x-tenant-id': 'acme', 'x-consumer-group': 'a' };
    const inside = {
      'x-forwarded-for': '10.0.0.7',
      'txn-token': 'x',
      x_internal_id: '1',
      'jaeger-baggage': 'b',
      'x-request-id': 'its own',
    };
    expect(fields.of(200, { ...own, ...inside }, 'the id')).toEqual([
      'X-Request-Id',
      'the id',
      ...Object.entries(own).flat(),
      'via',
      '1.1 gateway',
    ]);
  });
});
