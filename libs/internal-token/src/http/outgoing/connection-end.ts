import { isIP } from 'node:net';
import { InternalTokenError } from '../../core/index.js';

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

const CHECKS: Readonly<Record<keyof ConnectionEnd, (value: unknown, end: ConnectionEnd, origin: URL) => boolean>> = {
  address: (value) => typeof value === 'string' && isIP(value) !== 0,
  port: (value) => Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 65_535,
  unixSocket: (value, { address, port }) => value === true && address === undefined && port === undefined,
  servername: (value, _end, { protocol }) =>
    typeof value === 'string' && /^[^\s/:]+$/.test(value) && protocol === 'https:',
};

/** @throws InternalTokenError `configuration_invalid` */
export function connectionEnd(given: unknown, origin: URL): ConnectionEnd {
  const end = (typeof given === 'object' && given !== null ? given : {}) as ConnectionEnd;
  const entries = Object.entries(end);
  const accepted = entries.every(([key, value]) => CHECKS[key as keyof ConnectionEnd]?.(value, end, origin) ?? false);
  if (entries.length > 0 && accepted) return end;
  throw new InternalTokenError(
    'configuration_invalid',
    `connections: ${JSON.stringify(given)} is not accepted for ${origin.origin}; give { address (IP), port }, ` +
      '{ unixSocket: true } or, for https, { servername }.',
  );
}
