import { AxiosError } from 'axios';
import { InternalTokenError } from 'nestjs-internal-token';
import { toTransportError } from './to-transport-error.js';

const failure = (code: string, cause?: Error) => {
  const error = new AxiosError('failed', code);
  if (cause !== undefined) error.cause = cause;
  return error;
};

describe('toTransportError()', () => {
  it.each([
    ['connect', 'ECONNREFUSED', 'port_unreachable'],
    ['connect', 'EHOSTUNREACH', 'port_unreachable'],
    ['getaddrinfo', 'ENOTFOUND', 'port_unreachable'],
    // A lost route also ends connections that have already carried the call.
    ['read', 'EHOSTUNREACH', 'port_interrupted'],
    ['write', 'ENETUNREACH', 'port_interrupted'],
  ])('translates %s that failed with %s to %s', (syscall, code, meaning) => {
    const cause = Object.assign(new Error(`${syscall} ${code}`), { code, syscall });
    expect(toTransportError(failure(code, cause), 'ledger.read')).toMatchObject({ code: meaning });
  });

  it('translates a name without any reachable address to port_unreachable', () => {
    const refused = ['127.0.0.1', '::1'].map((address) =>
      Object.assign(new Error(`connect ECONNREFUSED ${address}`), { code: 'ECONNREFUSED', syscall: 'connect' }),
    );
    const cause = Object.assign(new AggregateError(refused), { code: 'ECONNREFUSED' });
    expect(toTransportError(failure('ECONNREFUSED', cause), 'ledger.read')).toMatchObject({ code: 'port_unreachable' });
  });

  it.each([
    ['ETIMEDOUT', 'port_timeout'],
    ['ERR_CANCELED', 'port_timeout'],
    ['ECONNRESET', 'port_interrupted'],
    ['ERR_BAD_RESPONSE', 'port_interrupted'],
  ])('translates %s to %s', (code, meaning) => {
    expect(toTransportError(failure(code), 'ledger.read')).toMatchObject({ code: meaning });
  });

  it('translates the expiry of the token as the port itself does, whichever deadline passes first', () => {
    const ended = failure('ECONNRESET', new InternalTokenError('upstream_timeout'));
    expect(toTransportError(ended, 'ledger.read')).toMatchObject({ code: 'port_timeout', status: 504 });
  });

  it('returns the reason of a refused request unchanged', () => {
    const reason = new InternalTokenError('txn_expired');
    expect(toTransportError(failure('ERR_NETWORK', reason), 'ledger.read')).toBe(reason);
  });

  it('finds no refusal in a network error', () => {
    const network = Object.assign(new Error('connect ECONNREFUSED'), {
      code: 'ECONNREFUSED',
      errno: -111,
      syscall: 'connect',
    });
    expect(toTransportError(failure('ECONNREFUSED', network), 'ledger.read')).toMatchObject({
      code: 'port_unreachable',
    });
  });

  it('returns any other error unchanged', () => {
    const error = new TypeError('mistake');
    expect(toTransportError(error, 'ledger.read')).toBe(error);
  });
});
