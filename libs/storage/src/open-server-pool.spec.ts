import { openServerPool } from './open-server-pool.js';

const URL = 'postgres://shop@127.0.0.1/shop';

describe('openPool', () => {
  const limitsOf = (options: Parameters<typeof openServerPool>[1]) => {
    const { max, query_timeout: answer, options: server } = openServerPool(URL, options).options;
    return { max, answer, server };
  };

  it('has ten connections and ten seconds per statement by default', () => {
    expect(limitsOf({})).toEqual({
      max: 10,
      answer: 12_000,
      server: '-c statement_timeout=10000 -c idle_in_transaction_session_timeout=15000',
    });
  });

  it('uses the settings, and gives up later than the server', () => {
    expect(limitsOf({ size: 3, statementTimeoutMs: 500, role: 'r' })).toEqual({
      max: 3,
      answer: 2_500,
      server: '-c role=r -c statement_timeout=500 -c idle_in_transaction_session_timeout=5500',
    });
  });

  it('runs migrations without a time limit, one at a time', () => {
    expect(limitsOf({ migrating: true, size: 3, statementTimeoutMs: 500 })).toEqual({ max: 1, server: '' });
  });
});
