import { Logger } from '@nestjs/common';
import type { Span } from '../nest/index.js';
import { LineSink } from './line-sink.js';

/** How many open spans the line names. */
const MAX_OPEN = 50;

type OpenSpans = () => Iterable<Span>;

const sources = new Set<OpenSpans>();

/**
 * Logs one line of level `fatal` when an unhandled error ends the process. It has the ids of the open spans, the oldest
 * first. Node still ends the process in the usual way, with the stack on standard error and its exit code.
 *
 * @returns the function that stops this
 */
export function announceFatalEnd(openSpans: OpenSpans): () => void {
  if (sources.size === 0) process.on('uncaughtExceptionMonitor', announce);
  sources.add(openSpans);
  return () => {
    sources.delete(openSpans);
    if (sources.size === 0) process.off('uncaughtExceptionMonitor', announce);
  };
}

function announce(error: unknown, origin: string): void {
  // Another handler decides whether the process ends, and reports it.
  if (process.listenerCount('uncaughtException') > 0 || process.hasUncaughtExceptionCaptureCallback()) return;
  const open: object[] = [];
  let openSpans = 0;
  for (const source of sources) {
    for (const { traceId, spanId, op } of source()) {
      if (++openSpans <= MAX_OPEN) open.push({ txn: traceId, span_id: spanId, op });
    }
  }
  const msg =
    origin === 'unhandledRejection' ? 'The process ends: unhandled rejection' : 'The process ends: uncaught exception';
  LineSink.whileProcessEnds(() => new Logger('Process').fatal(msg, error, { open, openSpans }));
}
