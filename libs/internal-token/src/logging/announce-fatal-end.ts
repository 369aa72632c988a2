import { Logger } from '@nestjs/common';
import type { Span } from '../nest/index.js';
import { LineSink } from './line-sink.js';

/** How many open spans the line names. */
const MAX_OPEN = 50;

type OpenSpans = () => Iterable<Span>;

const sources = new Set<OpenSpans>();

/**
 * From now on a process that ends by an error that nobody handles says so with one line of level `fatal`, which has the
 * ids of the spans that were open, the oldest first. Node ends it as ever: with the stack on standard error and its code.
 *
 * @returns what ends this
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
  // Somebody handles it: the process goes on, or ends in their words.
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
