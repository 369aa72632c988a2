import type { ServerOptions } from 'node:https';
import { option } from '../../core/index.js';

/** The listener for the machines inside. */
export interface InternalListenerOptions {
  /** The address to listen at, such as `127.0.0.1`. */
  readonly host: string;
  /** 0 to 65535; 0 takes any free port. */
  readonly port: number;
  /** Certificate and key, and `ca` with `requestCert` for mutual TLS. Without it the listener speaks plain http. */
  readonly tls?: Pick<ServerOptions, 'cert' | 'key' | 'ca' | 'requestCert' | 'rejectUnauthorized' | 'minVersion'>;
}

/** Checks {@link InternalListenerOptions}. TLS material is judged by `node:tls`. */
export const internalListenerOptions = option.group({
  host: option.text('the address to listen at, such as "127.0.0.1"'),
  port: option.wholeNumber(0, 65_535),
  tls: option.optional(option.instance<NonNullable<InternalListenerOptions['tls']>>('TLS options { cert, key, ca }')),
} satisfies option.ChecksOf<InternalListenerOptions>);
