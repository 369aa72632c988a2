import type { Duplex } from 'node:stream';
import { InternalTokenError } from '../../core/index.js';
import { tracingBridge, type InternalTokenStore, type Span, type Tracer } from '../../nest/index.js';
import type { InternalPeer } from './internal-peer.js';
import type { OutgoingAttachment } from './outgoing-policy.js';

/** The field name as it is written; names are compared case-insensitively. */
const TXN_TOKEN = 'Txn-Token';

/** `sampled` and `random`: the last seven bytes of our trace ids are random (W3C Trace Context 2, section 3.2.2.5). */
const TRACE_FLAGS = '03';

/** The application that makes the calls. It counts and traces them. */
export interface Caller {
  readonly tracer: Tracer;
  /** @param refusal undefined for a call that goes out */
  count(refusal?: InternalTokenError): void;
}

/** What is known of a call that is to carry the token. */
export interface OutgoingCallSpec {
  readonly store: InternalTokenStore;
  readonly attachment: OutgoingAttachment;
  readonly method: string;
  /** The call becomes a long-lived connection (WebSocket), so it has no span and no deadline. */
  readonly upgrade: boolean;
  /** Ends the call with this error. */
  readonly abort: (error: InternalTokenError) => void;
}

/** One call that carries the token: its fields, its span and its deadline, which is the expiry of the token. */
export class OutgoingCall {
  /** Name, value, name, value, … */
  readonly fields: readonly string[];
  readonly #span: Span | undefined;
  readonly #deadline: NodeJS.Timeout | undefined;
  readonly #peer: InternalPeer;
  readonly #caller: Caller;
  #status: number | undefined;
  #admitted = false;

  constructor(caller: Caller, { store, attachment, method, upgrade, abort }: OutgoingCallSpec) {
    const { peer, claims, token, proof } = attachment;
    this.#peer = peer;
    this.#caller = caller;
    const running = store.span;
    // A client such as a port may have opened a span for this call already; a second one would add nothing.
    if (running?.kind === 'client') running.describe({ propagated: true });
    else if (!upgrade) {
      const { name } = peer;
      this.#span = caller.tracer.open({ op: `${method} ${name}`, kind: 'client', peer: name, propagated: true }, store);
    }
    const fields = [TXN_TOKEN, token];
    if (proof !== undefined) fields.push(...proof);
    addTraceFields(fields, claims.tokenId, this.#span ?? running);
    this.fields = fields;
    if (upgrade) return;
    const left = Math.max(0, claims.expiresAt * 1000 - Date.now());
    this.#deadline = setTimeout(expire, left, abort, peer).unref();
  }

  /** True once the head may be written. */
  get admitted(): boolean {
    return this.#admitted;
  }

  /** Called before the head is written: returns the reason why it must not be sent over this connection. */
  admit(socket: Duplex): InternalTokenError | undefined {
    let error: InternalTokenError | undefined;
    try {
      const objection = this.#peer.objectionTo(socket);
      if (objection !== undefined) error = new InternalTokenError('internal_call_unsafe', objection);
    } catch (cause) {
      error = new InternalTokenError('internal_call_unsafe', undefined, { cause });
    }
    if (error !== undefined) this.refuse(error);
    // A request that is written again after its connection has ended is the same call.
    else if (!this.#admitted) this.#caller.count();
    this.#admitted = error === undefined;
    return error;
  }

  refuse(error: InternalTokenError): void {
    this.#caller.count(error);
    this.failed(error);
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

function expire(abort: OutgoingCallSpec['abort'], { name }: InternalPeer): void {
  abort(new InternalTokenError('upstream_timeout', `${name} did not answer before the token expired.`));
}

function addTraceFields(fields: string[], traceId: string, parent: Span | undefined): void {
  if (parent === undefined) return;
  fields.push('traceparent', `00-${traceId}-${parent.spanId}-${TRACE_FLAGS}`);
  const state = tracingBridge()?.stateOf(traceId);
  if (state !== undefined) fields.push('tracestate', state);
}
