import type { CriticalPiece, ReportedNote, ReportedSpan, TraceReport } from '../../../trace/index.js';

/** A trace with indexes for the views. */
export class SpanTree {
  readonly roots: readonly ReportedSpan[];
  readonly #byId = new Map<string, ReportedSpan>();
  readonly #childrenOf = new Map<string, ReportedSpan[]>();
  readonly #piecesOf = new Map<string, CriticalPiece[]>();

  constructor(readonly report: TraceReport) {
    for (const span of report.spans) this.#byId.set(span.id, span);
    for (const span of report.spans) if (span.parent !== undefined) put(this.#childrenOf, span.parent, span);
    for (const piece of report.criticalPath) put(this.#piecesOf, piece.span, piece);
    this.roots = report.spans.filter(({ parent }) => parent === undefined || !this.#byId.has(parent));
  }

  span(id: string | undefined): ReportedSpan | undefined {
    return id === undefined ? undefined : this.#byId.get(id);
  }

  children(span: ReportedSpan): readonly ReportedSpan[] {
    return this.#childrenOf.get(span.id) ?? [];
  }

  parent(span: ReportedSpan): ReportedSpan | undefined {
    return this.span(span.parent);
  }

  /** The ancestors of a span, root first, without the span itself. */
  ancestors(span: ReportedSpan): ReportedSpan[] {
    const above = this.parent(span);
    return above === undefined ? [] : [...this.ancestors(above), above];
  }

  /** When the request was waiting for this span. */
  critical(span: ReportedSpan): readonly CriticalPiece[] {
    return this.#piecesOf.get(span.id) ?? [];
  }
}

function put<V>(map: Map<string, V[]>, key: string, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

export interface SpanRow {
  readonly kind: 'span';
  readonly id: string;
  readonly span: ReportedSpan;
  readonly level: number;
  /** It can be opened or closed. */
  readonly expandable: boolean;
  readonly expanded: boolean;
  /** An ancestor of a match, shown only for context. */
  readonly dimmed: boolean;
}

export interface NoteRow {
  readonly kind: 'note';
  readonly id: string;
  readonly note: ReportedNote;
  /** Absent for lines that name no span. */
  readonly span?: ReportedSpan;
  readonly level: number;
}

export type Row = SpanRow | NoteRow;

/** The reader's view settings for a tree. */
export interface Shown {
  readonly collapsed: ReadonlySet<string>;
  readonly notes: boolean;
  readonly filter: string;
  readonly criticalOnly: boolean;
}

/** The rows to draw: depth first, a span's children and log lines by time. */
export function visibleRows(tree: SpanTree, shown: Shown): Row[] {
  const wanted = wantedSpans(tree, shown);
  const rows: Row[] = [];
  const addNote = (note: ReportedNote, index: number, level: number, span?: ReportedSpan): void => {
    rows.push({ kind: 'note', id: `${span?.id ?? 'stray'}/${index}`, note, level, ...(span && { span }) });
  };
  const addSpan = (span: ReportedSpan, level: number): void => {
    const children = tree.children(span).filter(({ id }) => wanted?.has(id) ?? true);
    const notes = shown.notes && wanted?.get(span.id) !== 'way' ? span.notes : [];
    const expandable = children.length + notes.length > 0;
    const expanded = expandable && (wanted !== undefined || !shown.collapsed.has(span.id));
    rows.push({ kind: 'span', id: span.id, span, level, expandable, expanded, dimmed: wanted?.get(span.id) === 'way' });
    if (!expanded) return;
    let next = 0;
    for (const [index, note] of notes.entries()) {
      for (; (children[next]?.offset ?? Infinity) <= note.offset; next++)
        addSpan(children[next] as ReportedSpan, level + 1);
      addNote(note, index, level + 1, span);
    }
    for (const child of children.slice(next)) addSpan(child, level + 1);
  };
  for (const root of tree.roots) if (wanted?.has(root.id) ?? true) addSpan(root, 0);
  if (shown.notes && wanted === undefined) tree.report.strayNotes.forEach((note, index) => addNote(note, index, 0));
  return rows;
}

/** The matching spans and their ancestors; undefined for everything. */
function wantedSpans(tree: SpanTree, { filter, criticalOnly }: Shown): Map<string, 'hit' | 'way'> | undefined {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0 && !criticalOnly) return undefined;
  const wanted = new Map<string, 'hit' | 'way'>();
  for (const span of tree.report.spans) {
    if (criticalOnly && tree.critical(span).length === 0) continue;
    const text = words.length > 0 ? searchable(span) : '';
    if (!words.every((word) => text.includes(word))) continue;
    wanted.set(span.id, 'hit');
    for (let above = tree.parent(span); above !== undefined && !wanted.has(above.id); above = tree.parent(above)) {
      wanted.set(above.id, 'way');
    }
  }
  return wanted;
}

function searchable(span: ReportedSpan): string {
  const { id, service, instance, kind, op, peer, route, db, status, err, failed, open, notes } = span;
  const words = [id, service, instance, kind, op, peer, route, db, status, err?.type, err?.message, err?.code];
  if (failed) words.push('error');
  if (open === true) words.push('open');
  return [...words, ...notes.map(({ msg }) => msg)].join(' ').toLowerCase();
}
