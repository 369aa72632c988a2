import { readFileSync } from 'node:fs';
import { type PageReport, parseLine, reportTrace } from '../../../libs/itok/src/trace/index.js';
import { placedOrder } from './placed-order.js';

const TXN = '019a4f2b6c007000a000000000000006';
const FILE = new URL('../../captures/refusal.ndjson', import.meta.url);

/** An order for more than is in stock, which inventory refuses. */
export function refusedOrder(): PageReport {
  const lines = readFileSync(FILE, 'utf8').trim().split('\n');
  const trace = reportTrace(
    TXN,
    lines.map(parseLine).filter((line) => typeof line === 'object'),
  );
  if (trace === undefined) throw new Error(`no request ${TXN} in ${FILE.pathname}`);
  return { ...placedOrder(), trace };
}
