import { newSpanId, type VerifiedClaims } from '../../core/index.js';

/** Its getter costs more than the addition. */
const TIME_ORIGIN = performance.timeOrigin;

/** `server`: serves a request. `client`: makes a request. `internal`: calls another module of the process. */
export type SpanKind = 'server' | 'client' | 'internal' | 'producer' | 'consumer';

/** The description of a span. */
export interface SpanSpec {
  /** `orders.place`, `POST /orders`: the same before and after a module moves out. */
  readonly op: string;
  readonly kind: SpanKind;
  /** The module whose code runs. Default: that of the surrounding span, or else the `service` of the process. */
  readonly service?: string | undefined;
  /** The service that is called. */
  readonly peer?: string | undefined;
  /** True if the internal token was passed on, so that the called service writes lines of the same request. */
  readonly propagated?: boolean | undefined;
  /** The pattern of the route, never the raw path. */
  readonly route?: string | undefined;
  /** For database work: the kind of the statement, such as `select`, or `transaction`. Never its text or its values. */
  readonly db?: string | undefined;
  /** The process that sent the request, if it was authenticated. */
  readonly caller?: string | undefined;
  /** The trace of a trusted outside caller, which is not that of the request. */
  readonly callerTraceId?: string | undefined;
}

/** The token at the arrival of its request. */
export interface SpanToken {
  readonly ageMs: number;
  readonly ttlMs: number;
  readonly kid: string;
  /** Microseconds that verification took; absent if the token was minted here. */
  readonly verifyUs?: number | undefined;
}

/** The facts of a span that has ended. */
export interface SpanRecord extends SpanSpec {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string | undefined;
  readonly service: string;
  /** Milliseconds since the epoch, with decimals. */
  readonly startedAt: number;
  /** Milliseconds, with decimals, on a monotonic clock. */
  readonly durationMs: number;
  /** The HTTP status of a server span and of an answered client span; `ok` or `error` for all others. */
  readonly status: number | 'ok' | 'error';
  readonly error?: unknown;
  readonly token?: SpanToken | undefined;
  /** The claims of the request, if known; log lines show only the configured ones. */
  readonly claims?: VerifiedClaims | undefined;
}

/** Facts about a span that may become known after it was opened. */
export type SpanDetails = Partial<Omit<SpanSpec, 'kind'>>;

/** For others its facts are fixed; the span itself fills them in. */
type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Where a span ends. */
export interface SpanOwner {
  ended(span: Span): void;
}

/** A span: open until `end()`, then the record of what happened. `Tracer` opens it; later ends are ignored. */
export class Span implements SpanRecord {
  readonly spanId = newSpanId();
  readonly kind: SpanKind;
  readonly traceId: string;
  readonly parentSpanId: string | undefined;
  readonly op: string;
  readonly service: string;
  readonly peer: string | undefined;
  readonly propagated: boolean | undefined;
  readonly route: string | undefined;
  readonly db: string | undefined;
  readonly caller: string | undefined;
  readonly callerTraceId: string | undefined;
  readonly token: SpanToken | undefined = undefined;
  readonly error: unknown = undefined;
  readonly claims: VerifiedClaims | undefined = undefined;
  readonly durationMs: number = 0;
  readonly status: SpanRecord['status'] = 'ok';
  readonly #started = performance.now();
  readonly #owner: SpanOwner;
  readonly #context: { readonly claims?: VerifiedClaims | undefined };
  #pending: Promise<void> | undefined = undefined;
  #ended = false;

  /** @param context holds the claims of the request, once they are known */
  constructor(
    traceId: string,
    parentSpanId: string | undefined,
    spec: SpanSpec,
    service: string,
    context: { readonly claims?: VerifiedClaims | undefined },
    owner: SpanOwner,
  ) {
    this.traceId = traceId;
    this.parentSpanId = parentSpanId;
    this.kind = spec.kind;
    this.op = spec.op;
    this.service = service;
    this.peer = spec.peer;
    this.propagated = spec.propagated;
    this.route = spec.route;
    this.db = spec.db;
    this.caller = spec.caller;
    this.callerTraceId = spec.callerTraceId;
    this.#context = context;
    this.#owner = owner;
  }

  /** Milliseconds since the epoch, with decimals. */
  get startedAt(): number {
    return TIME_ORIGIN + this.#started;
  }

  /** Undefined if `traceId` is final; else settles, never with an error, when it is. */
  get joining(): Promise<void> | undefined {
    return this.#pending;
  }

  /** Adds facts that were unknown at the start, such as the pattern of the route. */
  describe(details: SpanDetails): void {
    if (!this.#ended) Object.assign(this, details);
  }

  /** The trace id will be final when `decided` settles, after keys were fetched or a caller was looked up. */
  joinsWith(decided: Promise<unknown>): void {
    const known = () => void (this.#pending = undefined);
    this.#pending = decided.then(known, known);
  }

  /** Joins the trace of a verified token: its id becomes the trace id. */
  join(traceId: string, token?: SpanToken, parentSpanId?: string): void {
    const span = this as Writable<Span>;
    span.traceId = traceId;
    span.token = token;
    if (parentSpanId !== undefined) span.parentSpanId = parentSpanId;
  }

  /** Records why the work failed; only the first reason is kept. */
  fail(error: unknown): void {
    if (!this.#ended) (this as Writable<Span>).error ??= error;
  }

  end(status: SpanRecord['status']): void {
    if (this.#ended) return;
    this.#ended = true;
    const span = this as Writable<Span>;
    span.durationMs = performance.now() - this.#started;
    span.status = status;
    span.claims = this.#context.claims;
    this.#owner.ended(this);
  }
}
