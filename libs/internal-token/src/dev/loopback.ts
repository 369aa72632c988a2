import { BlockList, isIP } from 'node:net';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** True for a loopback address as sockets spell it; `::ffff:127.0.0.1` is one too. */
export function isLoopbackAddress(address: string | undefined): boolean {
  const version = isIP(address ?? '');
  return version !== 0 && LOOPBACK.check(address as string, version === 6 ? 'ipv6' : 'ipv4');
}

const LOOPBACK_AUTHORITY = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/;

/** True for a `Host` field that names this machine itself, and not a domain name that resolves to it. */
export function isLoopbackAuthority(host: string): boolean {
  return LOOPBACK_AUTHORITY.test(host.toLowerCase());
}
