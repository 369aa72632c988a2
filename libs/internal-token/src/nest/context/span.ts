import { newSpanId, type VerifiedClaims } from '../../core/index.js';

/** `server`: a request is served. `client`: one is made. `internal`: a call into another module of the process. */
export type SpanKind = 'server' | 'client' | 'internal' | 'producer' | 'consumer';

/** What a span is about. */
export interface SpanSpec {
  /** `orders.place`, `POST /orders`: the same before and after a module moves out. */
  readonly op: string;
  readonly kind: SpanKind;
  /** The module whose code runs. Default: the surrounding span's, else the process' `service`. */
  readonly service?: string;
  /** Who is called. */
  readonly peer?: string;
  /** The internal token went along: whoever is called leaves lines of the same request. */
  readonly propagated?: boolean;
  /** The route's pattern, never the raw path. */
  readonly route?: string;
  /** Of database work: the statement's kind, such as `select`, or `transaction`. Never its text or its values. */
  readonly db?: string;
  /** The process that sent the request, as far as it was authenticated. */
  readonly caller?: string;
  /** The trace that a trusted outside caller named; ours is another. */
  readonly callerTraceId?: string;
}

/** How a token looked when its request arrived. */
export interface SpanToken {
  readonly ageMs: number;
  readonly ttlMs: number;
  readonly kid: string;
  /** Microseconds that verification took; absent where the token was minted here. */
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
  /** Milliseconds, with decimals, by a monotonic clock. */
  readonly durationMs: number;
  /** The HTTP status of a server span, and of a client span whose call was answered; `ok` or `error` of every other. */
  readonly status: number | 'ok' | 'error';
  readonly error?: unknown;
  readonly token?: SpanToken;
  /** Who asked, where that is known; a line shows of it only what is configured. */
  readonly claims?: VerifiedClaims;
}

/** What may become known about a span after it was opened. */
export type SpanDetails = Partial<Omit<SpanSpec, 'kind'>>;

/** An open span. `Tracer` opens it; it ends once, later ends are ignored. */
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

  /** Undefined if `traceId` is final; else settles, never with an error, when it is. */
  get joining(): Promise<void> | undefined {
    return this.#pending;
  }

  /** Milliseconds since the epoch, with decimals. */
  get startedAt(): number {
    return performance.timeOrigin + this.#started;
  }

  /** Adds what was not known at the start, such as the route's pattern. */
  describe(details: SpanDetails): void {
    this.#details = { ...this.#details, ...details };
  }

  /** Whose trace this is will be known when `decided` settles: keys are fetched, or a caller is looked up, before. */
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

  /** Remembers why the work failed; the first reason counts. */
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
