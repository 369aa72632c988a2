import { isIP, isIPv6, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { ConnectionEnd } from './connection-end.js';

const LOOPBACK = ['127.0.0.1', '::1'];

/** A service that may receive the token: its name, and where a connection to it may lead. */
export class InternalPeer {
  readonly #origin: string;
  readonly #secure: boolean;
  readonly #host: string;
  readonly #port: number;
  /** Undefined for a host name: DNS decides its addresses. */
  readonly #addresses: readonly string[] | undefined;
  readonly #ends: readonly ConnectionEnd[];

  /** @param ends other ends that a connection may have, besides that of the origin */
  constructor(
    readonly name: string,
    { origin, protocol, hostname, port }: URL,
    ends: readonly ConnectionEnd[] = [],
  ) {
    this.#origin = origin;
    this.#secure = protocol === 'https:';
    this.#host = hostname.replace(/^\[(.*)\]$/, '$1');
    this.#port = Number(port) || (this.#secure ? 443 : 80);
    this.#addresses = addressesOf(this.#host);
    this.#ends = [{}, ...ends];
  }

  /** True if its connections may lead to other ends than the origin itself. */
  get hasOtherEnds(): boolean {
    return this.#ends.length > 1;
  }

  /**
   * Why an open connection does not lead to this peer; undefined if it does. The address behind a host name is not
   * checked.
   */
  objectionTo(socket: Duplex): string | undefined {
    const { remotePort, remoteAddress, localPort, encrypted, servername } = socket as TLSSocket;
    const known = socket instanceof Socket;
    // Reset in the meantime: nothing that is written reaches anybody.
    if (known && remotePort === undefined && localPort !== undefined) return undefined;
    const seen = {
      address: canonical(remoteAddress),
      port: remotePort,
      servername: typeof servername === 'string' ? servername.toLowerCase() : undefined,
      encrypted: encrypted === true,
      unixSocket: known && remotePort === undefined,
    };
    if (this.#ends.some((end) => this.#fits(end, seen))) return undefined;
    return (
      `The connection for ${this.#origin} leads to ${describe(seen)}. Remove what redirects it (an agent, dispatcher, ` +
      'lookup, proxy or Host field), or list this end in the option "connections".'
    );
  }

  #fits(end: ConnectionEnd, seen: SeenEnd): boolean {
    if (this.#secure) {
      if (!seen.encrypted) return false;
      // Without a server name, the certificate was checked against the host.
      if (seen.servername !== undefined && seen.servername !== (end.servername ?? this.#host)) return false;
    }
    if (end.unixSocket) return seen.unixSocket;
    const addresses = end.address === undefined ? this.#addresses : [end.address];
    return seen.port === (end.port ?? this.#port) && (addresses?.includes(seen.address) ?? true);
  }
}

interface SeenEnd {
  readonly address: string;
  readonly port: number | undefined;
  readonly servername: string | undefined;
  readonly encrypted: boolean;
  readonly unixSocket: boolean;
}

function describe({ address, port, servername, encrypted, unixSocket }: SeenEnd): string {
  const where = port === undefined ? (unixSocket ? 'a Unix socket' : 'no socket') : `port ${port} of ${address}`;
  if (!encrypted) return `${where}, without TLS`;
  return servername === undefined ? where : `${where} under the TLS server name ${servername}`;
}

function addressesOf(host: string): readonly string[] | undefined {
  if (host === 'localhost') return LOOPBACK;
  return isIP(host) === 0 ? undefined : [host];
}

/** The address as URLs spell it; a dual-stack socket shows an IPv4 address as `::ffff:127.0.0.1`. */
function canonical(address = ''): string {
  if (!address.includes(':')) return address;
  if (address.startsWith('::ffff:')) return address.slice('::ffff:'.length);
  return isIPv6(address) ? (URL.parse(`http://[${address}]`)?.hostname.slice(1, -1) ?? address) : address;
}
