/**
 * Writes log lines as the library does, from a description of what happened. Times are milliseconds since the request
 * began, on the gateway's clock; `clocks` says how far the clock of a process is ahead.
 *
 * @typedef {object} Step
 * @property {string} service
 * @property {string} op
 * @property {'server' | 'client' | 'internal' | 'producer' | 'consumer'} [kind] default: internal
 * @property {number} at
 * @property {number} dur
 * @property {number | 'ok' | 'error'} [status] default: 200 for servers, else ok
 * @property {string} [level] default: by the status
 * @property {string} [process] default: the service
 * @property {string} [peer]
 * @property {boolean} [propagated] default: for a call to another process, whether the token was sent along
 * @property {string} [route]
 * @property {string} [db]
 * @property {object} [err]
 * @property {object} [tok]
 * @property {string} [tenant]
 * @property {'end' | 'inflight' | 'start' | 'none'} [ev] `none`: it ran without leaving a line
 * @property {boolean} [sameSpan] it claims the span of its caller
 * @property {readonly Step[]} [calls]
 * @property {readonly { at: number, msg: string, level?: string, context?: string, err?: object }[]} [notes]
 */

/** 2026-11-02 09:30:00 UTC */
const CAPTURE_START = Date.UTC(2026, 10, 2, 9, 30);

/**
 * @param {Step} root
 * @param {{ txn?: string, startedAt?: number, clocks?: Readonly<Record<string, number>> }} [options]
 * @returns {object[]} in the order in which they are written
 */
export function linesOf(root, { txn = idOf(1), startedAt = CAPTURE_START, clocks = {} } = {}) {
  const lines = [];
  let spans = 0;
  const open = [{ step: root }];
  while (open.length > 0) {
    const { step, caller, above } = open.pop();
    const { service, kind = 'internal', process = service, ev = 'end' } = step;
    const id = step.sameSpan ? caller : spanId(txn, (spans += 1));
    const parent = step.sameSpan ? above : caller;
    const clock = clocks[process] ?? 0;
    const time = (at) => round(startedAt + at + clock);
    const common = { service, instance: `${process}-1` };
    const ids = { txn, trace_id: txn, span_id: id, ...(parent && { parent_span_id: parent }) };
    const status = step.status ?? (kind === 'server' ? 200 : 'ok');
    if (ev !== 'none') {
      lines.push({
        time: time(ev === 'start' ? step.at : step.at + step.dur),
        level: step.level ?? levelOf(status, ev),
        msg: step.op,
        ...common,
        ...ids,
        ev,
        kind,
        op: step.op,
        ...(step.peer && { peer: step.peer }),
        ...(propagated(step) && { propagated: true }),
        ...(step.route && { route: step.route }),
        ...(step.db && { db: step.db }),
        ...(ev !== 'start' && { dur: round(step.dur) }),
        ...(ev === 'end' && { status }),
        ...(step.err && { err: step.err }),
        ...(step.tok && { tok: step.tok }),
        ...(step.tenant && { tenant: step.tenant }),
      });
    }
    for (const { at, msg, level = 'info', context, err } of step.notes ?? []) {
      lines.push({ time: time(at), level, msg, ...common, ...ids, ...(context && { context }), ...(err && { err }) });
    }
    for (const child of (step.calls ?? []).toReversed()) open.push({ step: child, caller: id, above: parent });
  }
  return lines.toSorted((a, b) => a.time - b.time);
}

const propagated = ({ kind, peer, db, propagated }) =>
  propagated ?? (peer !== undefined && db === undefined && (kind === 'client' || kind === 'server'));

/** A transaction id for tests: 32 digits that end in the number's. */
export const idOf = (number) => `019a4f2b6c00${'7000a000'}${number.toString(16).padStart(12, '0')}`;

const spanId = (txn, number) => `${txn.slice(-6)}${number.toString(16).padStart(10, '0')}`;

function levelOf(status, ev) {
  if (ev === 'inflight') return 'warn';
  if (ev === 'start') return 'debug';
  return status === 'error' || status >= 500 ? 'error' : 'info';
}

const round = (milliseconds) => Math.round(milliseconds * 1000) / 1000;
