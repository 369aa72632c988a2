import { readTokenHeader } from '../../libs/internal-token/src/core/index.js';
import { Forge } from './support/forge.js';

const codeOf = (rawHeaders: string[]) => {
  try {
    readTokenHeader(rawHeaders);
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
  return undefined;
};

describe('the Txn-Token header', () => {
  let token: string;
  beforeEach(async () => {
    token = (await Forge.create()).token();
    expect(readTokenHeader(['Host', 'a', 'Txn-Token', token])).toBe(token);
  });

  it('R74: refuses two Txn-Token headers, even if equal', () => {
    expect(codeOf(['Txn-Token', token, 'Txn-Token', token])).toBe('txn_multiple');
    expect(codeOf(['Txn-Token', token, 'Host', 'a', 'txn-token', token])).toBe('txn_multiple');
    expect(codeOf(['Txn-Token', token, 'TXN-TOKEN', ''])).toBe('txn_multiple');
    expect(codeOf(['Txn-Token', '', 'Txn-Token', token])).toBe('txn_multiple');
  });

  it('R74: refuses a comma-joined value', () => {
    expect(codeOf(['Txn-Token', `${token}, ${token}`])).toBe('txn_multiple');
    expect(codeOf(['Txn-Token', `${token},`])).toBe('txn_multiple');
  });

  it('R77: treats no header as no token, and ignores headers with similar names', () => {
    expect(codeOf([])).toBe('txn_missing');
    for (const name of [
      'Txn_Token',
      'X-Txn-Token',
      'Transaction-Token',
      'Txn-Token2',
      'Authorization',
      'Txn-Toke\u212a',
    ]) {
      expect(codeOf([name, token])).toBe('txn_missing');
    }
    expect(codeOf(['X', 'Txn-Token', 'Y', token])).toBe('txn_missing');
  });

  it('R73: takes the value as it is, and refuses a leading scheme', async () => {
    const forge = await Forge.create();
    expect(await forge.refusal(readTokenHeader(['Txn-Token', `Bearer ${token}`]))).toBe('txn_malformed');
    expect(await forge.refusal(readTokenHeader(['Txn-Token', '']))).toBe('txn_malformed');
  });
});
