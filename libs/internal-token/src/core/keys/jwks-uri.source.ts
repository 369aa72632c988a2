import type { KeySource } from './key-source.js';

/** Settings of {@link jwksUriSource}. */
export interface JwksUriOptions {
  /** Accept `http:` to other hosts than loopback, where a mesh encrypts. Default false. */
  readonly allowPlaintext?: boolean;
  /** Certificate authorities (PEM) to trust instead of the system's. */
  readonly ca?: string;
}

/** Keys published at a URL. At most 256 KiB, no redirects, no compression. */
export function jwksUriSource(_uri: string, _options: JwksUriOptions = {}): KeySource {
  throw new Error('not yet');
}
