import { html } from 'htm/preact';
import type { VNode } from 'preact';
import type { ReportedSpan } from '../../../trace/index.js';
import { milliseconds, percent } from '../base/format.js';
import type { ServiceColours } from '../base/services.js';
import { scale } from './time-scale.js';
import type { TraceState } from './trace-state.js';

/** A name is written into a piece only if it fits. */
const NAME_FROM = 64;

/** Adds the service unless the operation names it: `gateway POST /orders`, `inventory.reserve` */
export function fullName({ service, op }: Pick<ReportedSpan, 'service' | 'op'>): string {
  return op.startsWith(`${service}.`) ? op : `${service} ${op}`;
}

interface RibbonProps {
  readonly state: TraceState;
  readonly colours: ServiceColours;
  readonly width: number;
}

/**
 * The critical path as one line: which span the request waited for, from beginning to end. A click selects the span.
 */
export function CriticalRibbon({ state, colours, width }: RibbonProps): VNode {
  const { tree, range } = state;
  const at = scale(range, width);
  return html`<div class="ribbon">
    ${tree.report.criticalPath.map(({ span: id, from, to }, index) => {
      const span = tree.span(id);
      const [left, right] = [Math.max(0, at(from)), Math.min(width, at(to))];
      if (span === undefined || right <= 0 || left >= width) return undefined;
      const owner = span.db === undefined ? span.service : `${span.service} → ${span.peer ?? 'database'}`;
      const share = percent((to - from) / tree.report.duration);
      return html`<button
        key=${index}
        type="button"
        tabindex="-1"
        class="piece ${colours.of(span.service)} ${state.selected === id ? 'piece-selected' : ''}"
        style=${{ '--x': `${left}px`, '--w': `${Math.max(1, right - left)}px` }}
        title="${owner} · ${span.op}: ${milliseconds(to - from)} (${share})"
        onClick=${() => state.reveal(id)}
      >
        ${right - left >= NAME_FROM && html`<span>${fullName(span)} ${share}</span>`}
      </button>`;
    })}
  </div>`;
}
