import { AxiosError } from 'axios';
import { InternalTokenError } from 'nestjs-internal-token';
import { toTransportError } from './to-transport-error.js';

const failure = (code: string, cause?: Error) => {
  const error = new AxiosError('failed', code);
  if (cause !== undefined) error.cause = cause;
  return error;
};

describe('the failure of a transport in the words of a port', () => {
  it.each([
    ['connect', 'ECONNREFUSED', 'port_unreachable'],
    ['connect', 'EHOSTUNREACH', 'port_unreachable'],
    ['getaddrinfo', 'ENOTFOUND', 'port_unreachable'],
    // A route that is lost also ends connections that have carried the call.
    ['read', 'EHOSTUNREACH', 'port_interrupted'],
    ['write', 'ENETUNREACH', 'port_interrupted'],
  ])('says that %s failed with %s as %s', (syscall, code, meaning) => {
    const cause = Object.assign(new Error(`${syscall} ${code}`), { code, syscall });
    expect(toTransportError(failure(code, cause), 'ledger.read')).toMatchObject({ code: meaning });
  });

  it('says a name of which no address can be reached as port_unreachable', () => {
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
  ])('says %s as %s', (code, meaning) => {
    expect(toTransportError(failure(code), 'ledger.read')).toMatchObject({ code: meaning });
  });

  it('says the end of the token as the port itself does, whichever of the two deadlines strikes first', () => {
    const ended = failure('ECONNRESET', new InternalTokenError('upstream_timeout'));
    expect(toTransportError(ended, 'ledger.read')).toMatchObject({ code: 'port_timeout', status: 504 });
  });

  it('leaves the reason for which a request was refused as it is', () => {
    const reason = new InternalTokenError('txn_expired');
    expect(toTransportError(failure('ERR_NETWORK', reason), 'ledger.read')).toBe(reason);
  });

  it('reads no reason out of an error of the network', () => {
    const network = Object.assign(new Error('connect ECONNREFUSED'), {
      code: 'ECONNREFUSED',
      errno: -111,
      syscall: 'connect',
    });
    expect(toTransportError(failure('ECONNREFUSED', network), 'ledger.read')).toMatchObject({
      code: 'port_unreachable',
    });
  });

  it('leaves any other error as it is', () => {
    const error = new TypeError('mistake');
    expect(toTransportError(error, 'ledger.read')).toBe(error);
  });
});
