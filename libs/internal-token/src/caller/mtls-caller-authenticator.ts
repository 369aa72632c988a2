import type { X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { InternalTokenError } from '../core/index.js';
import { CallerAuthenticator, type CallerRequest } from '../nest/index.js';
import { alternativeNames } from './alternative-names.js';
import { requireTrustDomain, workloadIdFault } from './workload-id.js';

/** Settings of an {@link MtlsCallerAuthenticator}. */
export interface MtlsCallerOptions {
  /** The trust domain of the callers' SPIFFE ids: `shop.example` for `spiffe://shop.example/orders`. */
  readonly trustDomain: string;
}

interface Known {
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly from: number;
  readonly until: number;
}

/**
 * The caller is whom its client certificate names: one URI among its names, a SPIFFE id of the trust domain (X509-SVID;
 * draft-ietf-wimse-mutual-tls). That the certificate is good is decided by TLS, which therefore has to end in this
 * process, at a listener that asks for client certificates and knows whose to trust (`ca`, `requestCert`).
 *
 * ```ts
 * { provide: CallerAuthenticator, useFactory: () => new MtlsCallerAuthenticator({ trustDomain: 'shop.example' }) }
 * ```
 */
export class MtlsCallerAuthenticator extends CallerAuthenticator {
  readonly #trustDomain: string;
  /** A connection has one certificate for its whole life. */
  readonly #known = new WeakMap<Socket, Known>();

  /** @throws InternalTokenError `configuration_invalid` */
  constructor(options: MtlsCallerOptions) {
    super();
    this.#trustDomain = requireTrustDomain(options.trustDomain);
  }

  override authenticate({ raw: { socket } }: CallerRequest): string {
    let known = this.#known.get(socket);
    if (known === undefined) this.#known.set(socket, (known = this.#identify(socket)));
    const now = Date.now();
    // Connections live long: a certificate was good when it was shown, which may be days ago.
    if (now < known.from || now > known.until) throw refused('its certificate is not valid at this time');
    return known.id;
  }

  #identify(socket: Socket): Known {
    if (!(socket instanceof TLSSocket)) throw new InternalTokenError('caller_missing', 'The connection is not TLS.');
    const certificate = socket.getPeerX509Certificate();
    if (certificate === undefined) throw new InternalTokenError('caller_missing', 'No client certificate was shown.');
    // Exactly true: the mere presence of a certificate says nothing.
    if (socket.authorized !== true) throw refused('no trusted authority has signed its certificate');
    const id = this.#idIn(certificate);
    return { id, from: Date.parse(certificate.validFrom), until: Date.parse(certificate.validTo) };
  }

  #idIn(certificate: X509Certificate): string {
    // X509-SVID, section 5.2: who signs for others is no workload.
    if (certificate.ca) throw refused('its certificate is that of an authority');
    const names = alternativeNames(certificate.subjectAltName);
    if (names === undefined) throw refused('the names in its certificate cannot be read');
    const [uri, another] = names.filter(({ type }) => type === 'URI');
    if (uri === undefined) throw refused('its certificate has no URI among its names');
    if (another !== undefined) throw refused('its certificate has more than one URI among its names');
    const fault = workloadIdFault(uri.value, this.#trustDomain, ['spiffe']);
    if (fault !== undefined) throw refused(fault);
    return uri.value;
  }
}

function refused(finding: string): InternalTokenError {
  return new InternalTokenError('caller_invalid', `The caller: ${finding}.`);
}
