import { analyse } from './analyse.js';
import { CaptureStatistics } from './capture.statistics.js';
import type { Line, LineDraft } from './line.js';
import type { CaptureReport } from './report.js';

/** So many spans wait for the rest of their requests; some 500 bytes each. */
const MAX_WAITING_SPANS = 250_000;
/** So many of those that were summed up early are remembered, to know what comes too late. */
const MAX_REMEMBERED = 100_000;
/** Of the requests that wait, how many are summed up when there are too many. */
const SUMMED_UP_AT_ONCE = 0.25;

/**
 * Many requests, summed up. Lines may come in any order. Memory is bounded: when too many spans wait, the requests that
 * have been quiet for longest are summed up; what comes of them later is counted as `late`, and left out.
 */
export class Capture {
  readonly #statistics = new CaptureStatistics();
  readonly #waiting = new Map<string, { readonly lines: Line[]; latest: number }>();
  readonly #names = new Map<string, string>();
  /** Requests that were summed up before the end. */
  readonly #early = new Set<string>();
  #spans = 0;
  #late = 0;

  /** @param maxWaitingSpans for tests; default 250,000 */
  constructor(private readonly maxWaitingSpans = MAX_WAITING_SPANS) {}

  add(line: Line): void {
    if (line.ev === undefined || line.ev === 'start') return;
    if (this.#early.has(line.txn)) return void this.#late++;
    const known = this.#waiting.get(line.txn);
    const compact = this.#compact(line, known?.lines[0]?.txn ?? line.txn);
    if (known === undefined) this.#waiting.set(compact.txn, { lines: [compact], latest: line.time });
    else {
      known.lines.push(compact);
      known.latest = Math.max(known.latest, line.time);
    }
    this.#spans++;
    if (this.#spans > this.maxWaitingSpans) this.#sumUpOldest();
  }

  report(): CaptureReport {
    for (const txn of [...this.#waiting.keys()].sort()) this.#sumUp(txn);
    return { ...this.#statistics.report(), late: this.#late };
  }

  #sumUpOldest(): void {
    // By what is known of each: a single large request must not be gone through again and again.
    const byAge = [...this.#waiting].sort(([, a], [, b]) => a.latest - b.latest);
    for (const [txn] of byAge.slice(0, Math.ceil(byAge.length * SUMMED_UP_AT_ONCE))) {
      this.#sumUp(txn);
      if (this.#early.size < MAX_REMEMBERED) this.#early.add(txn);
    }
  }

  #sumUp(txn: string): void {
    const lines = this.#waiting.get(txn)?.lines ?? [];
    this.#waiting.delete(txn);
    this.#spans -= lines.length;
    const analysis = analyse(lines);
    // A request that has not ended has no duration yet.
    if (analysis !== undefined && !analysis.root.open) this.#statistics.add(analysis);
  }

  /** What the statistics need of a line, and every name once: lines come by the hundred thousand. */
  #compact(line: Line, txn: string): Line {
    const { time, ev, kind, dur, status, spanId, parentSpanId, peer, db, kept } = line;
    const compact: LineDraft = {
      time,
      level: this.#name(line.level),
      msg: '',
      service: this.#name(line.service),
      instance: this.#name(line.instance),
      txn,
      op: this.#name(line.op ?? line.msg),
    };
    // One by one: objects that are spread into each other are garbage at once.
    if (ev !== undefined) compact.ev = ev;
    if (kind !== undefined) compact.kind = kind;
    if (dur !== undefined) compact.dur = dur;
    if (status !== undefined) compact.status = status;
    if (spanId !== undefined) compact.spanId = spanId;
    if (parentSpanId !== undefined) compact.parentSpanId = parentSpanId;
    if (peer !== undefined) compact.peer = this.#name(peer);
    if (db !== undefined) compact.db = this.#name(db);
    if (kept !== undefined) compact.kept = kept;
    return compact;
  }

  #name(text: string): string {
    const known = this.#names.get(text);
    if (known !== undefined) return known;
    // Names are few; where they are not, they are not kept.
    if (this.#names.size < 10_000) this.#names.set(text, text);
    return text;
  }
}
