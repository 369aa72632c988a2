import type { X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { InternalTokenError, option, OptionPath } from '../core/index.js';
import { CallerAuthenticator, type CallerRequest } from '../nest/index.js';
import { alternativeNames } from './alternative-names.js';
import { trustDomainOption, workloadIdFault } from './workload-id.js';

/** Settings of an {@link MtlsCallerAuthenticator}. */
export interface MtlsCallerOptions {
  /** The trust domain of the callers' SPIFFE ids: `shop.example` for `spiffe://shop.example/orders`. */
  readonly trustDomain: string;
}

const checkOptions = option.group({ trustDomain: trustDomainOption } satisfies option.ChecksOf<MtlsCallerOptions>);

interface Known {
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly from: number;
  readonly until: number;
}

/**
 * Identifies the caller by its client certificate, which must have exactly one URI among its names: a SPIFFE id of the
 * trust domain (X509-SVID; draft-ietf-wimse-mutual-tls). TLS validates the certificate, so it must end in this process,
 * at a listener that requests client certificates and knows which to trust (`ca`, `requestCert`).
 *
 * ```ts
 * { provide: CallerAuthenticator, useFactory: () => new MtlsCallerAuthenticator({ trustDomain: 'shop.example' }) }
 * ```
 */
export class MtlsCallerAuthenticator extends CallerAuthenticator {
  readonly #trustDomain: string;
  /** A connection keeps its certificate until it closes. */
  readonly #known = new WeakMap<Socket, Known>();

  /** @throws InternalTokenError `configuration_invalid` */
  constructor(options: MtlsCallerOptions) {
    super();
    this.#trustDomain = checkOptions(options, new OptionPath('MtlsCallerAuthenticator')).trustDomain;
  }

  override authenticate({ raw: { socket } }: CallerRequest): string {
    let known = this.#known.get(socket);
    if (known === undefined) this.#known.set(socket, (known = this.#identify(socket)));
    const now = Date.now();
    // The certificate was valid when the connection was opened, but that may be days ago.
    if (now < known.from || now > known.until) throw refused('its certificate is not valid at this time');
    return known.id;
  }

  #identify(socket: Socket): Known {
    if (!(socket instanceof TLSSocket)) throw new InternalTokenError('caller_missing', 'The connection is not TLS.');
    const certificate = socket.getPeerX509Certificate();
    if (certificate === undefined)
      throw new InternalTokenError('caller_missing', 'No client certificate was presented.');
    // Exactly true: a certificate that is merely present proves nothing.
    if (socket.authorized !== true) throw refused('no trusted authority has signed its certificate');
    const id = this.#idIn(certificate);
    return { id, from: Date.parse(certificate.validFrom), until: Date.parse(certificate.validTo) };
  }

  #idIn(certificate: X509Certificate): string {
    // X509-SVID, section 5.2: a signing certificate does not identify a workload.
    if (certificate.ca) throw refused('its certificate belongs to a certificate authority');
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
