/** How a process proves itself to others that speak TLS, and what it accepts of them. PEM, as `node:tls` takes it. */
export interface TlsMaterial {
  /** The authorities that may have signed the other side's certificate. Default: those of Node. */
  readonly ca?: string | Buffer | readonly (string | Buffer)[];
  /** One's own certificate, for those who ask for one. */
  readonly cert?: string | Buffer;
  /** Its private key. */
  readonly key?: string | Buffer;
}

/** TLS material that may change while the process runs: certificates live for days, processes for months. */
export interface RenewableTls {
  /** What holds for new connections. */
  readonly current: TlsMaterial;
  /** Hears of every change of {@link current}. Returns the function that ends the subscription. */
  onChange(listener: () => void): () => void;
}

export function isRenewableTls(tls: TlsMaterial | RenewableTls): tls is RenewableTls {
  return 'onChange' in tls;
}
