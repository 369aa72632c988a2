import fc from 'fast-check';
import { InternalTokenError } from '../errors.js';
import { readTokenHeader } from './token-header.js';

const name = fc.oneof(fc.constantFrom('Txn-Token', 'txn-token', 'TXN_TOKEN', 'X-Txn-Token', 'Host'), fc.string());
const fields = fc.array(fc.tuple(name, fc.string({ unit: 'binary' })), { maxLength: 12 });

describe('The token header of arbitrary requests', () => {
  it('R74: reads a token only if there is exactly one field with one value', () => {
    fc.assert(
      fc.property(fields, (list) => {
        const values = list.filter(([field]) => field.toLowerCase() === 'txn-token').map(([, value]) => value);
        try {
          expect([readTokenHeader(list.flat())]).toEqual(values);
        } catch (error) {
          if (!(error instanceof InternalTokenError)) throw error;
          expect(error.status).toBe(401);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
