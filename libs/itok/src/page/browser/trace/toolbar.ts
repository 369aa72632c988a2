import { html } from 'htm/preact';
import type { RefObject, VNode } from 'preact';
import { plural } from '../base/format.js';
import { press } from '../base/keyboard.js';
import type { TraceState } from './trace-state.js';
import { nextError } from './waterfall-keys.js';

interface ToolbarProps {
  readonly state: TraceState;
  readonly filterInput: RefObject<HTMLInputElement | null>;
  readonly backToRows: () => void;
}

/** View settings for the spans. Every button has a key. */
export function Toolbar({ state, filterInput, backToRows }: ToolbarProps): VNode {
  const { tree, rows, range, whole } = state;
  const failed = tree.report.spans.filter((span) => span.failed).length;
  const shown = rows.filter(({ kind }) => kind === 'span').length;
  const keys = {
    Escape() {
      state.setFilter('');
      backToRows();
    },
    Enter: backToRows,
    ArrowDown: backToRows,
  };
  const onInput = (event: Event): void => state.setFilter((event.target as HTMLInputElement).value);
  return html`<div class="toolbar" role="toolbar" aria-label="Spans">
    <label class="filter"
      ><span class="visually-hidden">Filter spans</span>
      <input
        type="search"
        ref=${filterInput}
        value=${state.filter}
        placeholder="Filter: service, operation, error, id  ( / )"
        autocomplete="off"
        spellcheck="false"
        onInput=${onInput}
        onKeyDown=${(event: KeyboardEvent) => press(keys, event)}
      />
    </label>
    <button
      type="button"
      aria-pressed=${String(state.criticalOnly)}
      aria-keyshortcuts="c"
      onClick=${state.toggleCriticalOnly}
    >
      Critical path only
    </button>
    <button type="button" aria-pressed=${String(state.notes)} aria-keyshortcuts="n" onClick=${state.toggleNotes}>
      Log lines
    </button>
    ${failed > 0 && html`<button type="button" class="to-error" aria-keyshortcuts="e" onClick=${() => nextError(state)}>Next of ${plural(failed, 'error')}</button>`}
    ${(range.from !== whole.from || range.to !== whole.to) && html`<button type="button" aria-keyshortcuts="0" onClick=${() => state.zoom()}>Whole time</button>`}
    <span class="toolbar-end muted" role="status"
      >${shown === tree.report.spans.length ? plural(shown, 'span') : `${shown} of ${plural(tree.report.spans.length, 'span')}`}</span
    >
    <button type="button" class="quiet" aria-keyshortcuts="[" onClick=${() => state.collapseAll(true)}>
      Close all
    </button>
    <button type="button" class="quiet" aria-keyshortcuts="]" onClick=${() => state.collapseAll(false)}>
      Open all
    </button>
  </div>`;
}
