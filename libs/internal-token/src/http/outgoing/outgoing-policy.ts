import { encodedToken, InternalTokenError, isVerified, type VerifiedClaims } from '../../core/index.js';
import type { InternalTokenStore } from '../../nest/index.js';
import type { InternalPeer } from './internal-peer.js';

/** Where the bytes of a call go, and what they ask for. */
export interface OutgoingTarget {
  /** Scheme, host and port of the connection; undefined where that is no such thing. */
  readonly origin: string | undefined;
  /** The client has been told to connect to something else than this origin. */
  readonly diverted?: boolean;
  readonly method: string;
  /** The request target as it is sent: a path; a whole URL or `host:port` where a proxy is asked. */
  readonly path: string;
}

/** What happens to a call: it carries the request's token, it carries none, or it is not made. */
export type OutgoingDecision =
  | {
      readonly action: 'attach';
      readonly token: string;
      readonly peer: InternalPeer;
      readonly claims: VerifiedClaims;
      /** Further fields: who the calling process is. */
      readonly proof?: readonly string[];
    }
  | { readonly action: 'leave' }
  | { readonly action: 'refuse'; readonly error: InternalTokenError };

const LEAVE: OutgoingDecision = { action: 'leave' };

/** Decides on every call, whichever client makes it. */
export class OutgoingPolicy {
  /** @param peers those who may see the token, by exact origin */
  constructor(private readonly peers: ReadonlyMap<string, InternalPeer>) {}

  /** True if the call goes to an internal origin, or is meant to get there through a proxy. */
  concerns(target: OutgoingTarget): boolean {
    return this.#peerOf(target) !== undefined || this.#behindProxy(target) !== undefined;
  }

  /** @param store the context of the code that makes the call; undefined outside of any */
  decide(target: OutgoingTarget, store: InternalTokenStore | undefined): OutgoingDecision {
    const hidden = this.#behindProxy(target);
    if (hidden !== undefined) {
      return refuse('internal_call_unsafe', `A proxy stands before ${hidden.name}; list its host in NO_PROXY.`);
    }
    const peer = this.#peerOf(target);
    if (peer === undefined) return LEAVE;
    const claims = store?.claims;
    if (!isVerified(claims)) {
      return refuse(
        'txn_no_context',
        `Nothing is sent to ${peer.name} without a verified token in the running context.`,
      );
    }
    if (claims.expiresAt * 1000 <= Date.now()) return refuse('txn_expired');
    const token = encodedToken(claims);
    if (typeof token === 'string') return { action: 'attach', token, peer, claims };
    // Asked for now, signed for the next call; whoever awaits it hears of a failure.
    token.catch(() => undefined);
    return refuse('txn_unsigned');
  }

  #peerOf({ origin, diverted }: OutgoingTarget): InternalPeer | undefined {
    const peer = origin === undefined ? undefined : this.peers.get(origin);
    return diverted && !peer?.hasOtherEnds ? undefined : peer;
  }

  /** RFC 9112, section 3.2: only who asks a proxy sends a whole URL, or `host:port` to be connected with. */
  #behindProxy({ method, path }: OutgoingTarget): InternalPeer | undefined {
    if (method === 'CONNECT') return this.#peerAt(`http://${path}`) ?? this.#peerAt(`https://${path}`);
    return path.startsWith('/') ? undefined : this.#peerAt(path);
  }

  #peerAt(url: string): InternalPeer | undefined {
    const origin = URL.parse(url)?.origin;
    return origin === undefined ? undefined : this.peers.get(origin);
  }
}

function refuse(code: ConstructorParameters<typeof InternalTokenError>[0], detail?: string): OutgoingDecision {
  return { action: 'refuse', error: new InternalTokenError(code, detail) };
}
