import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type uPlot from 'uplot';
import type { DurationHistogram, HistogramBar, Latencies } from '../../../trace/index.js';
import { count, milliseconds } from '../base/format.js';
import { useSize } from '../base/size.js';
import { useColoursChange } from '../base/theme.js';
import { type Mark, plotHistogram } from './plot-histogram.js';

interface HistogramProps {
  readonly histogram: DurationHistogram;
  readonly label: string;
  readonly latencies?: Latencies | undefined;
  /** The duration of the current request. */
  readonly marked?: number | undefined;
}

/** The durations of many requests, on a canvas; a table below has the same numbers for readers who cannot see it. */
export function Histogram({ histogram, label, latencies, marked }: HistogramProps): VNode {
  const place = useRef<HTMLDivElement>(null);
  const { width } = useSize(place);
  const [painted, setPainted] = useState(0);
  const [hovered, setHovered] = useState<HistogramBar>();
  useColoursChange(useCallback(() => setPainted((times) => times + 1), []));
  useEffect(() => {
    if (place.current === null || width === 0 || histogram.bars.length === 0) return;
    const chart: uPlot = plotHistogram(place.current, histogram.bars, marks(latencies, marked), width, setHovered);
    return () => chart.destroy();
  }, [histogram, latencies, marked, width, painted]);
  return html`<figure class="histogram">
    <div class="histogram-plot" ref=${place} role="img" aria-label=${label}></div>
    <figcaption class="muted">
      ${hovered === undefined ? 'Duration of requests; every bar is as wide as its times.' : `${milliseconds(hovered.from)} to ${milliseconds(hovered.to)}: ${count(hovered.count)}`}
    </figcaption>
    <table class="visually-hidden">
      <caption>
        ${label}
      </caption>
      <tbody>
        ${histogram.bars.map(
          (bar) =>
            html`<tr>
              <th scope="row">${milliseconds(bar.from)} to ${milliseconds(bar.to)}</th>
              <td>${bar.count}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </figure>`;
}

function marks(latencies: Latencies | undefined, marked: number | undefined): Mark[] {
  const percentiles =
    latencies === undefined ? [] : (['p50', 'p90', 'p99'] as const).map((name) => ({ at: latencies[name], name }));
  return [...percentiles, ...(marked === undefined ? [] : [{ at: marked, name: 'this request', strong: true }])];
}
