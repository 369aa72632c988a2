import { useLayoutEffect, useMemo, useState } from 'preact/hooks';
import type { ReportedSpan } from '../../../trace/index.js';
import { type Row, SpanTree, visibleRows } from './span-tree.js';
import { type TimeRange, within } from './time-scale.js';

/** From this number of log lines on, they are hidden at first. */
const MANY_NOTES = 400;

/** The view state of a trace, which every view and key handler uses. */
export interface TraceState {
  readonly tree: SpanTree;
  readonly rows: readonly Row[];
  readonly selected: string | undefined;
  readonly detailsOpen: boolean;
  readonly filter: string;
  readonly criticalOnly: boolean;
  readonly notes: boolean;
  readonly range: TimeRange;
  readonly whole: TimeRange;
  readonly select: (row: string) => void;
  /** Selects a span and opens its ancestors. */
  readonly reveal: (span: string) => void;
  readonly toggle: (span: ReportedSpan, expand?: boolean) => void;
  readonly collapseAll: (collapse: boolean) => void;
  readonly setDetailsOpen: (open: boolean) => void;
  readonly setFilter: (filter: string) => void;
  readonly toggleCriticalOnly: () => void;
  readonly toggleNotes: () => void;
  readonly zoom: (range?: TimeRange) => void;
}

export function useTraceState(tree: SpanTree): TraceState {
  const { report } = tree;
  const whole = useMemo(() => wholeRange(tree), [tree]);
  const [selected, select] = useState<string | undefined>(tree.roots[0]?.id);
  const [collapsed, setCollapsed] = useState<ReadonlySet<string>>(new Set());
  const [filter, setFilter] = useState('');
  const [criticalOnly, setCriticalOnly] = useState(false);
  const [detailsOpen, setDetailsOpen] = useState(false);
  const noteCount = useMemo(() => report.spans.reduce((sum, { notes }) => sum + notes.length, 0), [report]);
  const [notes, setNotes] = useState(noteCount <= MANY_NOTES);
  const [range, setRange] = useState(whole);
  const rows = useMemo(
    () => visibleRows(tree, { collapsed, notes, filter, criticalOnly }),
    [tree, collapsed, notes, filter, criticalOnly],
  );
  // Another trace, or more of the same: state that no longer applies is dropped.
  useLayoutEffect(() => {
    setRange(whole);
    if (tree.span(selected?.split('/')[0]) === undefined) select(tree.roots[0]?.id);
  }, [tree]);

  const open = (spans: readonly ReportedSpan[]): void => {
    if (spans.some(({ id }) => collapsed.has(id))) {
      setCollapsed(new Set([...collapsed].filter((id) => !spans.some((span) => span.id === id))));
    }
  };
  return {
    tree,
    rows,
    selected,
    detailsOpen,
    filter,
    criticalOnly,
    notes,
    range,
    whole,
    select,
    reveal(id) {
      const span = tree.span(id);
      if (span === undefined) return;
      if (!rows.some((row) => row.id === id)) {
        setFilter('');
        setCriticalOnly(false);
        open(tree.ancestors(span));
      }
      select(id);
    },
    toggle(span, expand = collapsed.has(span.id)) {
      const next = new Set(collapsed);
      if (expand) next.delete(span.id);
      else next.add(span.id);
      setCollapsed(next);
      // A hidden row does not stay selected.
      const hidden = tree.span(selected?.split('/')[0]);
      if (
        !expand &&
        hidden !== undefined &&
        (selected?.includes('/') === true ? [...tree.ancestors(hidden), hidden] : tree.ancestors(hidden)).includes(span)
      )
        select(span.id);
    },
    collapseAll(collapse) {
      const parents = report.spans.filter((span) => span.notes.length > 0 || tree.children(span).length > 0);
      setCollapsed(new Set(collapse ? parents.filter(({ depth }) => depth > 0).map(({ id }) => id) : []));
      if (collapse) select(tree.roots[0]?.id);
    },
    setDetailsOpen,
    setFilter,
    toggleCriticalOnly: () => setCriticalOnly(!criticalOnly),
    toggleNotes: () => setNotes(!notes),
    zoom: (wanted) => setRange(wanted === undefined ? whole : within(wanted, whole)),
  };
}

/** From the first to the last known time. */
function wholeRange({ report }: SpanTree): TimeRange {
  let [from, to] = [0, Math.max(report.duration, 0.001)];
  for (const { offset, duration } of report.spans) {
    from = Math.min(from, offset);
    to = Math.max(to, offset + duration);
  }
  return { from, to };
}
