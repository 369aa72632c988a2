import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';

const MAPPED_IPV4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;
const MAX_HOPS = 32;

/** A set of addresses given as CIDR blocks (`10.0.0.0/8`, `::1/128`) or single addresses. */
export class AddressSet {
  readonly #blocks = new BlockList();
  readonly #empty: boolean;

  /** @throws TypeError naming the entry that is neither an address nor a block */
  constructor(entries: readonly string[]) {
    this.#empty = entries.length === 0;
    for (const entry of entries) {
      const block = parseBlock(entry);
      if (block === undefined) throw new TypeError(`"${entry}" is neither an address nor a CIDR block`);
      this.#blocks.addSubnet(block.address, block.bits, block.family);
    }
  }

  has(address: string): boolean {
    if (this.#empty) return false;
    const version = isIP(address);
    return version !== 0 && this.#blocks.check(address, version === 4 ? 'ipv4' : 'ipv6');
  }
}

/** True for what an {@link AddressSet} takes. */
export function isAddressBlock(entry: unknown): boolean {
  return typeof entry === 'string' && parseBlock(entry) !== undefined;
}

function parseBlock(entry: string): { address: string; bits: number; family: 'ipv4' | 'ipv6' } | undefined {
  const [address = '', prefix, ...rest] = entry.split('/');
  const version = isIP(address);
  const widest = version === 4 ? 32 : 128;
  const bits = prefix === undefined ? widest : /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN;
  if (version === 0 || rest.length > 0 || !(bits >= 0 && bits <= widest)) return undefined;
  return { address, bits, family: version === 4 ? 'ipv4' : 'ipv6' };
}

/** The address of the socket's peer; empty once it has disconnected. */
export function peerAddress(request: IncomingMessage): string {
  return plain(request.socket?.remoteAddress ?? '');
}

/**
 * The address of the client: the socket's peer, or as long as a hop is a configured proxy, the hop that it names.
 * `X-Forwarded-For` is read from its end, since only its last entries were written by trusted machines; an entry that
 * is not an address ends the search.
 */
export function clientAddress(request: IncomingMessage, peer: string, proxies: AddressSet): string {
  if (!proxies.has(peer)) return peer;
  let client = peer;
  const hops = forwardedFor(request.rawHeaders);
  const last = Math.max(0, hops.length - MAX_HOPS);
  for (let index = hops.length - 1; index >= last; index--) {
    const address = plain(withoutPort(hops[index] ?? ''));
    if (isIP(address) === 0) return client;
    client = address;
    if (!proxies.has(client)) return client;
  }
  return client;
}

function forwardedFor(rawHeaders: readonly string[]): string[] {
  const hops: string[] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.toLowerCase() === 'x-forwarded-for') hops.push(...(rawHeaders[index + 1] ?? '').split(','));
  }
  return hops;
}

/** Removes the zone of a link-local address, and the IPv6 prefix of an IPv4 address on a dual-stack socket. */
function plain(address: string): string {
  const zone = address.indexOf('%');
  const unzoned = zone === -1 ? address : address.slice(0, zone);
  return MAPPED_IPV4.exec(unzoned)?.[1] ?? unzoned;
}

function withoutPort(hop: string): string {
  const text = hop.trim();
  const bracketed = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(text);
  if (bracketed) return bracketed[1] ?? '';
  return /^(\d+\.\d+\.\d+\.\d+):\d{1,5}$/.exec(text)?.[1] ?? text;
}
