import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useMemo, useRef } from 'preact/hooks';
import type { TraceReport } from '../../../trace/index.js';
import { SIGNS } from '../base/help.js';
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
  /** Handles keys from the start. */
  readonly focused?: boolean;
}

/** One request: notices, the spans, and the details of one span. */
export function TraceView({ report, colours, focused = false }: TraceViewProps): VNode {
  const tree = useMemo(() => new SpanTree(report), [report]);
  const known = useTraceState(tree);
  const view = useRef<HTMLDivElement>(null);
  const filterInput = useRef<HTMLInputElement>(null);
  const backToRows = (): void => view.current?.querySelector<HTMLElement>('.waterfall')?.focus();
  const state = {
    ...known,
    // The keys continue from the shown position.
    reveal(id: string) {
      known.reveal(id);
      backToRows();
    },
  };
  useKeys(traceKeys(state, () => filterInput.current?.focus()));
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
    <ul class="legend s-outside" aria-label="Signs">
      ${SIGNS.filter(([sign]) => sign !== 'open' || report.unfinished).map(
        ([sign, name, what]) =>
          html`<li key=${sign} title=${what}><span class="sign sign-${sign}"></span> ${name}</li>`,
      )}
    </ul>
  </div>`;
}
