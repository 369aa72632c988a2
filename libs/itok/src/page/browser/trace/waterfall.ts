import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { percent, milliseconds } from '../base/format.js';
import { press } from '../base/keyboard.js';
import type { ServiceColours } from '../base/services.js';
import { useSize } from '../base/size.js';
import { CriticalRibbon, fullName } from './critical-ribbon.js';
import { ROW_HEIGHT } from './span-bar.js';
import { TimeAxis, TimeGrid } from './time-axis.js';
import type { TraceState } from './trace-state.js';
import { rowKeys } from './waterfall-keys.js';
import { WaterfallRow } from './waterfall-row.js';

/** Rows rendered beyond the visible ones, so that fast scrolling shows no gap. */
const SPARE = 10;

interface WaterfallProps {
  readonly state: TraceState;
  readonly colours: ServiceColours;
  /** Takes the keys without a click first. */
  readonly focused: boolean;
}

/** The spans as a tree beside their times. Only visible rows are in the document. */
export function Waterfall({ state, colours, focused }: WaterfallProps): VNode {
  const scroller = useRef<HTMLDivElement>(null);
  const head = useRef<HTMLDivElement>(null);
  const axis = useRef<HTMLDivElement>(null);
  const { height } = useSize(scroller);
  const { width } = useSize(axis);
  const [top, setTop] = useState(0);
  const { rows, selected, tree } = state;
  const page = Math.max(1, Math.floor(height / ROW_HEIGHT) - 4);
  const first = Math.max(0, Math.floor(top / ROW_HEIGHT) - SPARE);
  const seen = rows.slice(first, first + Math.ceil(height / ROW_HEIGHT) + 2 * SPARE);
  const index = rows.findIndex(({ id }) => id === selected);

  // Focused with the first frame, because a key may be pressed at once.
  useLayoutEffect(() => {
    if (focused) scroller.current?.focus({ preventScroll: true });
  }, []);
  useLayoutEffect(() => {
    const { current } = scroller;
    if (current === null || index < 0) return;
    const room = current.clientHeight - (head.current?.offsetHeight ?? 0) - ROW_HEIGHT;
    const wanted = Math.min(Math.max(current.scrollTop, index * ROW_HEIGHT - room), index * ROW_HEIGHT);
    if (wanted !== current.scrollTop) current.scrollTop = wanted;
  }, [index, height]);

  return html`<div
    class="waterfall"
    ref=${scroller}
    role="treegrid"
    tabindex="0"
    aria-label="Spans of the request"
    aria-rowcount=${rows.length + 1}
    aria-activedescendant=${index < 0 ? undefined : `row-${selected}`}
    onScroll=${() => setTop(scroller.current?.scrollTop ?? 0)}
    onKeyDown=${(event: KeyboardEvent) => press(rowKeys(state, index, page), event)}
  >
    <div class="waterfall-head" ref=${head} role="rowgroup">
      <div class="head-row" role="row" aria-rowindex="1">
        <div class="cell-name" role="columnheader">Operation</div>
        <div class="cell-number" role="columnheader" title="From beginning to end">Total</div>
        <div class="cell-number cell-self" role="columnheader" title="Time not covered by calls within it">Own</div>
        <div class="cell-time" role="columnheader" aria-label="Time" ref=${axis}>
          <${TimeAxis} range=${state.range} width=${width} onZoom=${state.zoom} />
        </div>
      </div>
      ${
        tree.report.criticalPath.length > 0 &&
        html`<div class="head-row ribbon-row" aria-hidden="true">
          <div
            class="ribbon-name"
            title="${slowest(state)}
What the request waited for; its pieces add up to ${milliseconds(tree.report.duration)}"
          >
            Critical path <span class="muted">${slowest(state)}</span>
          </div>
          <div class="cell-time"><${CriticalRibbon} state=${state} colours=${colours} width=${width} /></div>
        </div>`
      }
    </div>
    <div class="rows" role="rowgroup" style=${{ '--rows': String(rows.length) }}>
      <${TimeGrid} range=${state.range} width=${width} />
      ${seen.map(
        (row, place) =>
          html`<${WaterfallRow}
            key=${row.id}
            row=${row}
            index=${first + place}
            state=${state}
            colours=${colours}
            width=${width}
          />`,
      )}
    </div>
    ${rows.length === 0 && html`<p class="nothing">No span matches. Press Esc to see all.</p>`}
  </div>`;
}

/** The span with the largest share of the critical path. */
function slowest({ tree: { report } }: TraceState): string {
  const span = report.spans.reduce(
    (most, each) => (each.critical > most.critical ? each : most),
    report.spans[0] ?? { critical: 0, op: '', service: '' },
  );
  return span.critical > 0 ? `${fullName(span)} ${percent(span.critical / report.duration)}` : '';
}
