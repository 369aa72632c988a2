import { newSpanId, type VerifiedClaims } from '../../core/index.js';

/** `server`: serves a request. `client`: makes a request. `internal`: calls another module of the process. */
export type SpanKind = 'server' | 'client' | 'internal' | 'producer' | 'consumer';

/** The description of a span. */
export interface SpanSpec {
  /** `orders.place`, `POST /orders`: the same before and after a module moves out. */
  readonly op: string;
  readonly kind: SpanKind;
  /** The module whose code runs. Default: that of the surrounding span, or else the `service` of the process. */
  readonly service?: string;
  /** The service that is called. */
  readonly peer?: string;
  /** True if the internal token was passed on, so that the called service writes lines of the same request. */
  readonly propagated?: boolean;
  /** The pattern of the route, never the raw path. */
  readonly route?: string;
  /** For database work: the kind of the statement, such as `select`, or `transaction`. Never its text or its values. */
  readonly db?: string;
  /** The process that sent the request, if it was authenticated. */
  readonly caller?: string;
  /** The trace of a trusted outside caller, which is not that of the request. */
  readonly callerTraceId?: string;
}

/** The token at the arrival of its request. */
export interface SpanToken {
  readonly ageMs: number;
  readonly ttlMs: number;
  readonly kid: string;
  /** Microseconds that verification took; absent if the token was minted here. */
  readonly verifyUs?: number;
}

/** The facts of a span that has ended. */
export interface SpanRecord extends SpanSpec {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly service: string;
  /** Milliseconds since the epoch, with decimals. */
  readonly startedAt: number;
  /** Milliseconds, with decimals, on a monotonic clock. */
  readonly durationMs: number;
  /** The HTTP status of a server span and of an answered client span; `ok` or `error` for all others. */
  readonly status: number | 'ok' | 'error';
  readonly error?: unknown;
  readonly token?: SpanToken;
  /** The claims of the request, if known; log lines show only the configured ones. */
  readonly claims?: VerifiedClaims;
}

/** Facts about a span that may become known after it was opened. */
export type SpanDetails = Partial<Omit<SpanSpec, 'kind'>>;

/** An open span, created by `Tracer`. It ends once; later calls of `end()` are ignored. */
export class Span {
  readonly spanId = newSpanId();
  readonly #started = performance.now();
  readonly #onEnd: (record: SpanRecord) => void;
  readonly #claims: () => VerifiedClaims | undefined;
  #parent: string | undefined;
  #trace: string;
  #details: SpanSpec & { readonly service: string };
  #token: SpanToken | undefined;
  #pending: Promise<void> | undefined;
  #error: unknown;
  #ended = false;

  constructor(
    traceId: string,
    parentSpanId: string | undefined,
    spec: SpanSpec & { readonly service: string },
    claims: () => VerifiedClaims | undefined,
    onEnd: (record: SpanRecord) => void,
  ) {
    this.#trace = traceId;
    this.#parent = parentSpanId;
    this.#details = spec;
    this.#claims = claims;
    this.#onEnd = onEnd;
  }

  get traceId(): string {
    return this.#trace;
  }

  get parentSpanId(): string | undefined {
    return this.#parent;
  }

  get service(): string {
    return this.#details.service;
  }

  get op(): string {
    return this.#details.op;
  }

  get kind(): SpanKind {
    return this.#details.kind;
  }

  get peer(): string | undefined {
    return this.#details.peer;
  }

  get propagated(): boolean {
    return this.#details.propagated === true;
  }

  get route(): string | undefined {
    return this.#details.route;
  }

  get db(): string | undefined {
    return this.#details.db;
  }

  /** Undefined if `traceId` is final; otherwise resolves when it is. Never rejects. */
  get joining(): Promise<void> | undefined {
    return this.#pending;
  }

  /** Milliseconds since the epoch, with decimals. */
  get startedAt(): number {
    return performance.timeOrigin + this.#started;
  }

  /** Adds facts that were unknown at the start, such as the pattern of the route. */
  describe(details: SpanDetails): void {
    this.#details = { ...this.#details, ...details };
  }

  /** The trace id will be final when `decided` settles, after keys were fetched or a caller was looked up. */
  joinsWith(decided: Promise<unknown>): void {
    const known = () => void (this.#pending = undefined);
    this.#pending = decided.then(known, known);
  }

  /** Joins the trace of a verified token: its id becomes the trace id. */
  join(traceId: string, token?: SpanToken, parentSpanId?: string): void {
    this.#trace = traceId;
    this.#token = token;
    if (parentSpanId !== undefined) this.#parent = parentSpanId;
  }

  /** Records why the work failed; only the first reason is kept. */
  fail(error: unknown): void {
    this.#error ??= error;
  }

  end(status: SpanRecord['status']): void {
    if (this.#ended) return;
    this.#ended = true;
    const claims = this.#claims();
    this.#onEnd({
      ...this.#details,
      traceId: this.#trace,
      spanId: this.spanId,
      ...(this.#parent !== undefined && { parentSpanId: this.#parent }),
      startedAt: this.startedAt,
      durationMs: performance.now() - this.#started,
      status,
      ...(this.#error !== undefined && { error: this.#error }),
      ...(this.#token !== undefined && { token: this.#token }),
      ...(claims !== undefined && { claims }),
    });
  }
}
