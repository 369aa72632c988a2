import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { CaptureReport, DurationHistogram, OperationStats, TraceReport } from '../../../trace/index.js';
import { count, milliseconds, percent } from '../base/format.js';
import { ServiceName, type ServiceColours } from '../base/services.js';
import { Histogram } from './histogram.js';
import { errorColumn, latencyColumns } from './edge-table.js';
import { type Column, SortableTable } from './sortable-table.js';

interface LatencyViewProps {
  readonly capture: CaptureReport;
  /** The request marked among the others of its operation. */
  readonly trace?: TraceReport | undefined;
  readonly colours: ServiceColours;
}

const nameOf = ({ service, op }: { service: string; op: string }): string => `${op} (${service})`;

/** How long requests took, and which operations took the time. */
export function LatencyView({ capture, trace, colours }: LatencyViewProps): VNode {
  const own = trace && capture.histograms.find((each) => each.op === trace.op && each.service === trace.service);
  const [chosen, choose] = useState<string>();
  const histogram = capture.histograms.find((each) => nameOf(each) === chosen) ?? own ?? capture.histograms[0];
  const marked = histogram !== undefined && histogram === own ? trace?.duration : undefined;
  return html`<div class="latency-view">
    ${
      histogram === undefined
        ? html`<p class="nothing">No finished requests yet.</p>`
        : html`<div class="latency-head">
              <label
                >Requests
                <select
                  value=${nameOf(histogram)}
                  onChange=${(event: Event) => choose((event.target as HTMLSelectElement).value)}
                >
                  ${capture.histograms.map((each) => html`<option value=${nameOf(each)} selected=${each === histogram}>${nameOf(each)}</option>`)}
                </select></label
              >
              <p class="muted">${summary(histogram, marked)}</p>
            </div>
            ${
              countOf(histogram) > 1 &&
              html`<${Histogram}
                histogram=${histogram}
                marked=${marked}
                latencies=${statsOf(capture, histogram)}
                label=${summary(histogram, marked)}
              />`
            }`
    }
    <${OperationTable} operations=${capture.operations} colours=${colours} />
  </div>`;
}

function statsOf({ operations }: CaptureReport, { service, op }: DurationHistogram): OperationStats | undefined {
  return operations.find((each) => each.service === service && each.op === op && each.kind !== 'client');
}

function countOf({ bars }: DurationHistogram): number {
  return bars.reduce((sum, bar) => sum + bar.count, 0);
}

function summary(histogram: DurationHistogram, marked: number | undefined): string {
  const total = countOf(histogram);
  const many = `${count(total)} × ${nameOf(histogram)}`;
  if (total === 1) return `${many}: nothing to compare it with.`;
  if (marked === undefined || total === 0) return many;
  const faster = histogram.bars.reduce((sum, bar) => {
    const inside = Math.max(0, Math.min(1, (marked - bar.from) / (bar.to - bar.from || 1)));
    return sum + bar.count * inside;
  }, 0);
  return `${many}. This one took ${milliseconds(marked)}: slower than ${percent(faster / total)} of them.`;
}

function OperationTable({
  operations,
  colours,
}: {
  readonly operations: readonly OperationStats[];
  readonly colours: ServiceColours;
}): VNode {
  const columns: Column<OperationStats>[] = [
    {
      name: 'Service',
      value: ({ service }) => service,
      show: ({ service }) => html`<${ServiceName} name=${service} colours=${colours} />`,
    },
    { name: 'Operation', value: ({ op }) => op, show: ({ op, kind }) => html`${op} <span class="tag">${kind}</span>` },
    { name: 'Count', value: (row) => row.count, show: (row) => count(row.count) },
    errorColumn(),
    ...latencyColumns<OperationStats>(),
    { name: 'Own p99', value: ({ selfP99 }) => selfP99, show: ({ selfP99 }) => milliseconds(selfP99) },
    {
      name: 'Critical path',
      value: ({ criticalShare }) => criticalShare,
      show: ({ criticalShare, service }) =>
        html`<span class="share ${colours.of(service)}"
          ><i style=${{ '--share': String(criticalShare) }}></i>${percent(criticalShare)}</span
        >`,
    },
  ];
  return html`<${SortableTable}
    caption="Operations, by what requests waited for"
    columns=${columns}
    rows=${operations}
    sortedBy="Critical path"
  />`;
}
