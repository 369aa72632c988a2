import type { Keys } from '../base/keyboard.js';
import type { TraceState } from './trace-state.js';

/** Keys of the tree, following the pattern of the ARIA authoring practices. `index` is the selected row's. */
export function rowKeys(state: TraceState, index: number, page: number): Keys {
  const { rows, tree } = state;
  const row = rows[index];
  const go = (to: number): void => {
    const next = rows[Math.max(0, Math.min(rows.length - 1, to))];
    if (next !== undefined) state.select(next.id);
  };
  const toParent = (): void => {
    if (row?.kind === 'note' && row.span !== undefined) state.select(row.span.id);
    if (row?.kind === 'span' && row.span.parent !== undefined) state.select(row.span.parent);
  };
  return {
    ArrowDown: () => go(index + 1),
    ArrowUp: () => go(index - 1),
    PageDown: () => go(index + page),
    PageUp: () => go(index - page),
    Home: () => go(0),
    End: () => go(rows.length - 1),
    ArrowRight() {
      if (row?.kind !== 'span' || !row.expandable) return;
      if (row.expanded) go(index + 1);
      else state.toggle(row.span, true);
    },
    ArrowLeft() {
      if (row?.kind === 'span' && row.expanded && state.filter === '' && !state.criticalOnly)
        state.toggle(row.span, false);
      else toParent();
    },
    Enter: () => state.setDetailsOpen(!state.detailsOpen),
    z() {
      const span = row?.kind === 'span' ? row.span : tree.span(row?.id.split('/')[0]);
      if (span !== undefined) state.zoom({ from: span.offset, to: span.offset + span.duration });
    },
  };
}

/** Keys of the whole view. */
export function traceKeys(state: TraceState, focusFilter: () => void): Keys {
  return {
    e: () => nextError(state),
    c: state.toggleCriticalOnly,
    n: state.toggleNotes,
    '[': () => state.collapseAll(true),
    ']': () => state.collapseAll(false),
    '0': () => state.zoom(),
    '/': focusFilter,
    Escape() {
      if (state.detailsOpen) state.setDetailsOpen(false);
      else if (state.filter !== '') state.setFilter('');
      else return false;
      return true;
    },
  };
}

/** Wraps around; reveals a failed span that is hidden. */
export function nextError(state: TraceState): void {
  const { spans } = state.tree.report;
  const here = spans.findIndex(({ id }) => id === state.selected?.split('/')[0]);
  const next = spans.find(({ failed }, index) => failed && index > here) ?? spans.find(({ failed }) => failed);
  if (next !== undefined) state.reveal(next.id);
}
