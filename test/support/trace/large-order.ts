import type { PageReport } from '../../../libs/itok/src/trace/index.js';
import { shopCapture } from './shop-capture.js';
import { READING, SERVICES, token, traceReport } from './shop-trace.js';
import type { Told } from './span-builder.js';

/** The largest trace: the root calls `spans` services or databases, in groups of ten. */
export function largeOrder(spans = 10_000): PageReport {
  const id = (number: number): string => number.toString(16).padStart(16, '0');
  const duration = 4_000;
  const batches = Math.ceil((spans - 1) / 10);
  const step = (duration - 20) / batches;
  const batch = (index: number): Told => ({
    id: id(index * 10 + 2),
    service: SERVICES[1 + (index % 3)] ?? 'orders',
    kind: 'internal',
    op: `batch ${index}`,
    offset: 10 + index * step,
    duration: step,
    status: 'ok',
    children: Array.from({ length: Math.min(9, spans - 2 - index * 10) }, (_, child) => ({
      id: id(index * 10 + 3 + child),
      service: SERVICES[1 + ((index + child) % 3)] ?? 'orders',
      kind: 'client' as const,
      op: `item.select ${child}`,
      peer: 'postgresql',
      db: 'select',
      offset: 10 + index * step + (child * step) / 12,
      duration: step / (3 + (child % 5)),
      status: 'ok' as const,
    })),
  });
  const root: Told = {
    id: id(1),
    service: 'gateway',
    kind: 'server',
    op: 'POST /imports',
    offset: 0,
    duration,
    status: 200,
    token: token(0),
    children: Array.from({ length: batches }, (_, index) => batch(index)),
  };
  const path = [{ span: id(1), from: 0, to: duration }];
  const trace = traceReport(root, path, { verdict: 'POST /imports (gateway) worked itself for 4,000 ms.' });
  return { trace, capture: shopCapture(), reading: READING };
}
