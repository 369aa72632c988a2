import { Agent } from 'node:https';
import type { Duplex } from 'node:stream';
import type { RenewableTls, TlsMaterial } from 'nestjs-internal-token/http';

/** Keeps connections alive with the current certificate: after a change, no request uses an older connection. */
export class RenewingHttpsAgent extends Agent {
  #ofToday = new WeakSet<Duplex>();
  readonly #stop: () => void;

  constructor(private readonly tls: RenewableTls) {
    // A resumed session would still use the previous certificate.
    super({ keepAlive: true, maxCachedSessions: 0, minVersion: 'TLSv1.2' });
    this.#stop = tls.onChange(() => this.#renew());
  }

  override createConnection(...[options, callback]: Parameters<Agent['createConnection']>) {
    const socket = super.createConnection({ ...options, ...forNode(this.tls.current) }, callback);
    if (socket) this.#ofToday.add(socket);
    return socket;
  }

  override keepSocketAlive(socket: Duplex): boolean {
    return this.#ofToday.has(socket) && (super.keepSocketAlive(socket) as unknown) === true;
  }

  override destroy(): void {
    this.#stop();
    super.destroy();
  }

  #renew(): void {
    this.#ofToday = new WeakSet();
    for (const sockets of Object.values(this.freeSockets)) for (const socket of sockets ?? []) socket.destroy();
  }
}

function forNode({ ca, ...own }: TlsMaterial) {
  if (ca === undefined) return own;
  return { ...own, ca: typeof ca === 'string' || Buffer.isBuffer(ca) ? ca : [...ca] };
}
