import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useMemo, useRef } from 'preact/hooks';
import type { TraceReport } from '../../../trace/index.js';
import { useKeys } from '../base/keyboard.js';
import type { ServiceColours } from '../base/services.js';
import { Details } from './details.js';
import { Notices } from './notices.js';
import { SpanTree } from './span-tree.js';
import { Toolbar } from './toolbar.js';
import { useTraceState } from './trace-state.js';
import { Waterfall } from './waterfall.js';
import { traceKeys } from './waterfall-keys.js';

interface TraceViewProps {
  readonly report: TraceReport;
  readonly colours: ServiceColours;
  /** It has the keys from the beginning. */
  readonly focused?: boolean;
}

/** One request: notices, the spans, and the details of one of them. */
export function TraceView({ report, colours, focused = false }: TraceViewProps): VNode {
  const tree = useMemo(() => new SpanTree(report), [report]);
  const state = useTraceState(tree);
  const view = useRef<HTMLDivElement>(null);
  const filterInput = useRef<HTMLInputElement>(null);
  useKeys(traceKeys(state, () => filterInput.current?.focus()));
  const backToRows = (): void => view.current?.querySelector<HTMLElement>('.waterfall')?.focus();
  return html`<div class="trace-view" ref=${view}>
    <svg class="defs" aria-hidden="true">
      <pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <rect width="2.5" height="5" />
      </pattern>
    </svg>
    <${Notices} state=${state} colours=${colours} />
    <${Toolbar} state=${state} filterInput=${filterInput} backToRows=${backToRows} />
    <div class="trace-body ${state.detailsOpen ? 'with-details' : ''}">
      <${Waterfall} state=${state} colours=${colours} focused=${focused} />
      ${state.detailsOpen && html`<${Details} state=${state} colours=${colours} />`}
    </div>
  </div>`;
}
