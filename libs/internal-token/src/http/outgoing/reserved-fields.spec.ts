import { isReserved, isTokenField, rewriteHead } from './reserved-fields.js';

describe('Reserved fields', () => {
  it.each(['Txn-Token', 'txn-token', 'TXN_TOKEN', 'Txn_Token'])(
    '%s is recognized as a spelling of the token field',
    (name) => {
      expect(isTokenField(name)).toBe(true);
      expect(isReserved(name)).toBe(true);
    },
  );

  it.each(['TraceParent', 'tracestate'])('%s is reserved but is not a token field', (name) => {
    expect(isTokenField(name)).toBe(false);
    expect(isReserved(name)).toBe(true);
  });

  it.each(['Txn-Tokens', 'txntoken', 'X-Txn-Token', 'authorization', 'trace-state', ''])(
    '%j is not reserved',
    (name) => {
      expect(isReserved(name)).toBe(false);
    },
  );

  it('R93: a rewritten head has the given fields and no other reserved ones', () => {
    const head =
      'GET /txn-token: HTTP/1.1\r\nHost: a\r\nTXN-token: x\r\ntxn_token:y\r\nTraceparent: z\r\nX: txn-token: 1\r\n\r\n';
    expect(rewriteHead(head, ['Txn-Token', 'mine'])).toBe(
      'GET /txn-token: HTTP/1.1\r\nHost: a\r\nX: txn-token: 1\r\nTxn-Token: mine\r\n\r\n',
    );
  });
});
