import { encodedToken, InternalTokenError, isVerified, type VerifiedClaims } from '../../core/index.js';
import type { InternalTokenStore } from '../../nest/index.js';
import type { InternalPeer } from './internal-peer.js';

/** Where a call goes, and what it requests. */
export interface OutgoingTarget {
  /** Scheme, host and port of the connection; undefined if it has none. */
  readonly origin: string | undefined;
  /** True if the client was told to connect elsewhere than to this origin. */
  readonly diverted?: boolean;
  readonly method: string;
  /** The request target as it is sent: a path, or a whole URL or `host:port` if a proxy is asked. */
  readonly path: string;
}

/** What a call to an internal origin carries. */
export interface OutgoingAttachment {
  readonly action: 'attach';
  readonly token: string;
  readonly peer: InternalPeer;
  readonly claims: VerifiedClaims;
  /** Further fields that identify the calling process. */
  readonly proof?: readonly string[];
}

/** What happens to a call: it carries the token of the request, it carries none, or it is refused. */
export type OutgoingDecision =
  OutgoingAttachment | { readonly action: 'leave' } | { readonly action: 'refuse'; readonly error: InternalTokenError };

const LEAVE: OutgoingDecision = { action: 'leave' };

/** Decides on every call, whichever client makes it. */
export class OutgoingPolicy {
  /** @param peers the services that may receive the token, by exact origin */
  constructor(private readonly peers: ReadonlyMap<string, InternalPeer>) {}

  /** True if the call goes to an internal origin, directly or through a proxy. */
  concerns(target: OutgoingTarget): boolean {
    return this.#peerOf(target) !== undefined || this.#behindProxy(target) !== undefined;
  }

  /** @param store the context of the code that makes the call, if there is one */
  decide(target: OutgoingTarget, store: InternalTokenStore | undefined): OutgoingDecision {
    const hidden = this.#behindProxy(target);
    if (hidden !== undefined) {
      return refuse(
        'internal_call_unsafe',
        `The call to ${hidden.name} goes through a proxy. List its host in NO_PROXY.`,
      );
    }
    const peer = this.#peerOf(target);
    if (peer === undefined) return LEAVE;
    const claims = store?.claims;
    if (!isVerified(claims)) {
      return refuse(
        'txn_no_context',
        `The call to ${peer.name} needs a verified token, and there is none in the current context.`,
      );
    }
    if (claims.expiresAt * 1000 <= Date.now()) return refuse('txn_expired');
    const token = encodedToken(claims);
    if (typeof token === 'string') return { action: 'attach', token, peer, claims };
    // The signature is on its way and will be there for the next call. A failure is reported to code that awaits it.
    token.catch(() => undefined);
    return refuse('txn_unsigned');
  }

  #peerOf({ origin, diverted }: OutgoingTarget): InternalPeer | undefined {
    const peer = origin === undefined ? undefined : this.peers.get(origin);
    return diverted && !peer?.hasOtherEnds ? undefined : peer;
  }

  /** RFC 9112, section 3.2: a whole URL or a `host:port` is sent only to proxies. */
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
