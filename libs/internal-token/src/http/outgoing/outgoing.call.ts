import { InternalTokenError, type VerifiedClaims } from '../../core/index.js';
import { foreignTracing, type InternalTokenStore, type Span, type Tracer } from '../../nest/index.js';

/** The internal token's field as it is written; names are compared without case. */
const TXN_TOKEN = 'Txn-Token';

/** `sampled`, and `random`: the last seven bytes of our trace ids are (W3C Trace Context 2, section 3.2.2.5). */
const TRACE_FLAGS = '03';

export interface OutgoingCallSpec {
  readonly store: InternalTokenStore;
  readonly claims: VerifiedClaims;
  readonly token: string;
  readonly peer: string;
  readonly method: string;
  /** Further fields: who the calling process is. */
  readonly proof?: readonly string[] | undefined;
  /** The call becomes a connection of its own (WebSocket): it has no end and no deadline here. */
  readonly upgrade?: boolean;
}

/** One call that carries the token: its fields, its span, and its end at the latest with the token's life. */
export class OutgoingCall {
  /** Name, value, name, value, … */
  readonly fields: readonly string[];
  readonly #span: Span | undefined;
  readonly #deadline: NodeJS.Timeout | undefined;
  #status: number | undefined;

  /** @param abort ends the call with this error */
  constructor(tracer: Tracer, spec: OutgoingCallSpec, abort: (error: InternalTokenError) => void) {
    const { store, claims, token, peer, upgrade, proof = [] } = spec;
    const running = store.span;
    // Who calls through a client that opened its span already (a port, say) has that one; a second says nothing new.
    if (running?.kind === 'client') running.describe({ propagated: true });
    else if (!upgrade) {
      this.#span = tracer.open({ op: `${spec.method} ${peer}`, kind: 'client', peer, propagated: true }, store);
    }
    const parent = this.#span ?? running;
    this.fields = [TXN_TOKEN, token, ...proof, ...traceFields(claims.tokenId, parent)];
    if (upgrade) return;
    const left = Math.max(0, claims.expiresAt * 1000 - Date.now());
    this.#deadline = setTimeout(() => {
      abort(new InternalTokenError('upstream_timeout', `${peer} did not answer within the life of the token.`));
    }, left).unref();
  }

  answered(status: number): void {
    this.#status = status;
  }

  failed(error: unknown): void {
    this.#span?.fail(error);
    this.#end('error');
  }

  ended(): void {
    this.#end('ok');
  }

  #end(outcome: 'ok' | 'error'): void {
    clearTimeout(this.#deadline);
    this.#span?.end(this.#status ?? outcome);
  }
}

function traceFields(traceId: string, parent: Span | undefined): readonly string[] {
  if (parent === undefined) return [];
  const traceparent = ['traceparent', `00-${traceId}-${parent.spanId}-${TRACE_FLAGS}`];
  const state = foreignTracing()?.stateOf(traceId);
  return state === undefined ? traceparent : [...traceparent, 'tracestate', state];
}
