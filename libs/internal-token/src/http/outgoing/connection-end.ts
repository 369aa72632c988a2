import { isIP } from 'node:net';
import { option } from '../../core/index.js';

/**
 * The remote end of a connection. Members that are absent default to those of the origin: its port, its host as the TLS
 * server name and, if the host is an IP address or `localhost`, that address.
 */
export interface ConnectionEnd {
  /** An IP address. */
  readonly address?: string;
  readonly port?: number;
  /** Any Unix socket: Node does not say which one a connection leads to. Excludes `address` and `port`. */
  readonly unixSocket?: true;
  /** For https origins: the name that the TLS connection requests (SNI) and the certificate is checked against. */
  readonly servername?: string;
}

const members = option.group({
  address: option.optional(
    option.check<string>('an IP address', (given) => typeof given === 'string' && isIP(given) !== 0),
  ),
  port: option.optional(option.wholeNumber(1, 65_535)),
  unixSocket: option.optional(option.check<true>('true, or left out', (given) => given === true)),
  servername: option.optional(
    option.check<string>('a host name', (given) => typeof given === 'string' && /^[^\s/:]+$/.test(given)),
  ),
} satisfies option.ChecksOf<ConnectionEnd>);

/** Checks a {@link ConnectionEnd} of this origin. */
export function connectionEnd(origin: URL): option.Check<ConnectionEnd> {
  return (given, at) => {
    const end = members(given, at);
    const { address, port, unixSocket, servername } = end;
    if (Object.keys(end).length === 0) {
      throw at.refused('says nothing; give { address, port }, { unixSocket: true } or, for https, { servername }');
    }
    if (unixSocket && (address !== undefined || port !== undefined)) {
      throw at.member('unixSocket').refused('excludes "address" and "port": Node does not tell which socket it is');
    }
    if (servername !== undefined && origin.protocol !== 'https:') {
      throw at.member('servername').refused(`is about TLS, and ${origin.origin} is not https; leave it out`);
    }
    return end;
  };
}
