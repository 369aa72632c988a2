import { ModulesContainer } from '@nestjs/core';
import { InternalTokenError } from '../../core/index.js';
import type { InternalTokenStore } from '../context/internal-token-store.js';
import { CallerAuthentication } from './caller-authentication.js';

const SELF = 'spiffe://shop.test/gateway';
const store: InternalTokenStore = { txn: '0'.repeat(32) };

const codeOf = (self: string | undefined, callers: string[] | undefined, found: InternalTokenStore | undefined) => {
  const options = { callers: { ...(self !== undefined && { self }) } };
  const callersOf = new CallerAuthentication(new ModulesContainer(), options);
  try {
    callersOf.check({ access: 'token', callers }, found);
    return 'passes';
  } catch (error) {
    return (error as InternalTokenError).code;
  }
};

describe('A request that the edge of the same process let in', () => {
  it('R148: comes from the process itself, where a handler names its callers', () => {
    expect(codeOf(SELF, [SELF], store)).toBe('passes');
    expect(codeOf(SELF, ['spiffe://shop.test/billing'], store)).toBe('caller_not_allowed');
  });

  it('R148: comes from nobody where the process has no id', () => {
    expect(codeOf(undefined, [SELF], store)).toBe('caller_missing');
  });

  it('needs no caller where none is named', () => {
    expect(codeOf(undefined, undefined, store)).toBe('passes');
  });
});

describe('A request that nobody has asked for its caller', () => {
  it('R148: does not become the process itself by having no context', () => {
    expect(codeOf(SELF, [SELF], undefined)).toBe('caller_missing');
  });

  it('R144: keeps the refusal of the one who was asked', () => {
    const refused = { ...store, caller: { refusal: new InternalTokenError('caller_invalid') } };
    expect(codeOf(SELF, [SELF], refused)).toBe('caller_invalid');
  });
});
