import { type Check, instance } from './options/index.js';

/** How a process identifies itself over TLS, and whom it trusts. PEM, as `node:tls` takes it. */
export interface TlsMaterial {
  /** The authorities that may sign the peer's certificate. Default: those of Node. */
  readonly ca?: string | Buffer | readonly (string | Buffer)[];
  /** The certificate of this process, for peers that ask for one. */
  readonly cert?: string | Buffer;
  /** Its private key. */
  readonly key?: string | Buffer;
}

/** TLS material that may change while the process runs: a certificate may expire long before the process ends. */
export interface RenewableTls {
  /** Used for new connections. */
  readonly current: TlsMaterial;
  /** Calls `listener` at every change of {@link current}. Returns the function that ends the subscription. */
  onChange(listener: () => void): () => void;
}

export function isRenewableTls(tls: TlsMaterial | RenewableTls): tls is RenewableTls {
  return 'onChange' in tls;
}

/** Checks TLS material. What it holds is judged by `node:tls`, and never shown. */
export const tlsOption: Check<TlsMaterial | RenewableTls> = instance(
  'TLS material { ca, cert, key }, or a RenewableTls',
);
