import { analyse } from './analyse.js';
import { CaptureStatistics } from './capture-statistics.js';
import { IdSet } from './id-set.js';
import type { Line, LineDraft } from './line.js';
import type { CaptureReport } from './report.js';

/** Most spans that wait for the rest of their requests; about 200 bytes each. */
const MAX_WAITING_SPANS = 250_000;
/** Most distinct sorts held once for all their spans; their number is that of operations and outcomes. */
const MAX_SORTS = 20_000;
/** Share of the waiting requests that is summed up when too many wait. */
const SUMMED_UP_AT_ONCE = 0.25;

/** What the statistics need of a line and many lines share. */
type Sort = Omit<Line, 'txn' | 'time' | 'dur' | 'spanId' | 'parentSpanId'>;

/** A waiting line; small, because there are hundreds of thousands. */
interface Waiting {
  readonly sort: Sort;
  readonly time: number;
  readonly dur: number | undefined;
  readonly spanId: string | undefined;
  readonly parentSpanId: string | undefined;
  /** The previous line of the same request: a linked list, because an array per request would waste slots. */
  readonly before: Waiting | undefined;
}

interface WaitingRequest {
  last: Waiting;
  spans: number;
  latest: number;
}

/**
 * Sums up many requests. Lines may come in any order. Memory is bounded: when too many spans wait, the requests that
 * have been quiet longest are summed up. Lines of theirs that come later are counted as `late` and left out.
 */
export class Capture {
  readonly #statistics = new CaptureStatistics();
  readonly #waiting = new Map<string, WaitingRequest>();
  readonly #sorts = new Map<string, Sort>();
  /** Requests summed up before the end, to recognise late lines. */
  #early: IdSet | undefined;
  #spans = 0;
  #late = 0;

  /** @param maxWaitingSpans for tests; default 250,000 */
  constructor(private readonly maxWaitingSpans = MAX_WAITING_SPANS) {}

  add(line: Line): void {
    if (line.ev === undefined || line.ev === 'start') return;
    if (this.#early?.has(line.txn)) return void this.#late++;
    const { txn, time, dur, spanId, parentSpanId } = line;
    const known = this.#waiting.get(txn);
    const last: Waiting = { sort: this.#sortOf(line), time, dur, spanId, parentSpanId, before: known?.last };
    if (known === undefined) this.#waiting.set(txn, { last, spans: 1, latest: time });
    else {
      known.last = last;
      known.spans++;
      known.latest = Math.max(known.latest, time);
    }
    this.#spans++;
    if (this.#spans > this.maxWaitingSpans) this.#sumUpOldest();
  }

  report(): CaptureReport {
    for (const txn of [...this.#waiting.keys()].sort()) this.#sumUp(txn);
    return { ...this.#statistics.report(), late: this.#late };
  }

  #sumUpOldest(): void {
    // Uses the time held for each request, so that a large request is not gone through again and again.
    const byAge = [...this.#waiting].sort(([, a], [, b]) => a.latest - b.latest);
    for (const [txn] of byAge.slice(0, Math.ceil(byAge.length * SUMMED_UP_AT_ONCE))) {
      this.#sumUp(txn);
      (this.#early ??= new IdSet()).add(txn);
    }
  }

  #sumUp(txn: string): void {
    const request = this.#waiting.get(txn);
    this.#waiting.delete(txn);
    this.#spans -= request?.spans ?? 0;
    const lines: Line[] = [];
    for (let span = request?.last; span !== undefined; span = span.before) lines.push(lineOf(txn, span));
    const analysis = analyse(lines);
    // A request that has not ended has no duration yet.
    if (analysis !== undefined && !analysis.root.open) this.#statistics.add(analysis);
  }

  #sortOf({ level, service, instance, ev, kind, op, msg, status, err, peer, propagated, db, kept }: Line): Sort {
    const name = op ?? msg;
    const key = [level, service, instance, ev, kind, name, status, err?.status, peer, propagated, db, kept].join('\0');
    const known = this.#sorts.get(key);
    if (known !== undefined) return known;
    const sort: Sort = {
      level,
      msg: '',
      service,
      instance,
      op: name,
      ...(ev !== undefined && { ev }),
      ...(kind !== undefined && { kind }),
      ...(status !== undefined && { status }),
      ...(err?.status !== undefined && { err: { type: '', message: '', status: err.status } }),
      ...(peer !== undefined && { peer }),
      ...(propagated !== undefined && { propagated }),
      ...(db !== undefined && { db }),
      ...(kept !== undefined && { kept }),
    };
    if (this.#sorts.size < MAX_SORTS) this.#sorts.set(key, sort);
    return sort;
  }
}

function lineOf(txn: string, { sort, time, dur, spanId, parentSpanId }: Waiting): Line {
  const line: LineDraft = { ...sort, txn, time };
  if (dur !== undefined) line.dur = dur;
  if (spanId !== undefined) line.spanId = spanId;
  if (parentSpanId !== undefined) line.parentSpanId = parentSpanId;
  return line;
}
