import { html } from 'htm/preact';
import type { VNode } from 'preact';
import type { ReportedSpan } from '../../../trace/index.js';
import { milliseconds } from '../base/format.js';
import { icon } from '../base/icon.js';
import { outcomeText, statusKind, WORDS } from '../base/status.js';
import type { ServiceColours } from '../base/services.js';
import { SpanBar } from './span-bar.js';
import type { NoteRow, Row, SpanRow } from './span-tree.js';
import { scale } from './time-scale.js';
import type { TraceState } from './trace-state.js';

/** Deeper rows are not indented further: the name would disappear. */
const DEEPEST = 18;
/** Room for the time of a log line, in pixels. */
const TIME_ROOM = 84;

interface RowProps {
  readonly row: Row;
  readonly index: number;
  readonly state: TraceState;
  readonly colours: ServiceColours;
  readonly width: number;
}

export function WaterfallRow(props: RowProps): VNode {
  const { row, index, state } = props;
  const selected = row.id === state.selected;
  const service = row.kind === 'span' ? row.span.service : row.note.service;
  const classes = [
    'row',
    `row-${row.kind}`,
    props.colours.of(service),
    selected && 'selected',
    row.kind === 'span' && row.span.failed && 'failed',
    row.kind === 'span' && row.dimmed && 'dimmed',
    row.kind === 'note' && `level-${row.note.level}`,
  ];
  return html`<div
    id="row-${row.id}"
    class=${classes.filter(Boolean).join(' ')}
    role="row"
    aria-level=${row.level + 1}
    aria-rowindex=${index + 2}
    aria-selected=${String(selected)}
    aria-expanded=${row.kind === 'span' && row.expandable ? String(row.expanded) : undefined}
    style=${{ '--row': String(index), '--level': String(Math.min(row.level, DEEPEST)) }}
    onClick=${() => {
      state.select(row.id);
      state.setDetailsOpen(true);
    }}
  >
    ${row.kind === 'span' ? spanCells(row, props) : noteCells(row, props)}
  </div>`;
}

function spanCells({ span, expandable, expanded }: SpanRow, { state, width }: RowProps): VNode {
  const toggle = (event: Event): void => {
    event.stopPropagation();
    state.toggle(span, !expanded);
  };
  const outcome = statusKind(span);
  return html`<div class="cell-name" role="gridcell">
      <span class="indent" aria-hidden="true"></span>
      ${
        expandable
          ? html`<span class="toggle" onClick=${toggle}>${icon(expanded ? 'expanded' : 'closed')}</span>`
          : html`<span class="toggle"></span>`
      }
      <i class="dot" aria-hidden="true"></i>
      ${outcome !== 'passed' && icon(outcome, WORDS[outcome])}
      ${outcome !== 'open' && span.open === true && icon('open', WORDS.open)}
      <span class="name-box"
        ><span class="name-text" title=${`${span.service} ${span.op}`}
          ><span class=${span.db === undefined ? 'row-service' : 'visually-hidden'}>${span.service}</span>${' '}<b
            >${span.op}</b
          ></span
        >
        ${(outcome === 'failed' || outcome === 'refused') && html`<span class="tag tag-${outcome}">${span.err?.code ?? outcomeText(span)}</span>`}
        <span class="tag tag-kind">${span.db === undefined ? span.kind : (span.peer ?? 'database')}</span></span
      >
    </div>
    <div class="cell-number" role="gridcell">${span.open === true ? '≥ ' : ''}${milliseconds(span.duration)}</div>
    <div class="cell-number cell-self" role="gridcell">${milliseconds(span.self)}</div>
    <div class="cell-time" role="gridcell" title=${timesInWords(span)}>
      <${SpanBar} tree=${state.tree} span=${span} range=${state.range} width=${width} />
    </div>`;
}

function timesInWords({ offset, duration, self, critical }: ReportedSpan): string {
  const parts = [
    `+${milliseconds(offset)} to +${milliseconds(offset + duration)}`,
    `total ${milliseconds(duration)}`,
    `own ${milliseconds(self)}`,
    `on the critical path ${milliseconds(critical)}`,
  ];
  return parts.join('\n');
}

function noteCells({ note }: NoteRow, { state, width }: RowProps): VNode {
  const x = scale(state.range, width)(note.offset);
  const error = note.err === undefined ? '' : ` ${note.err.type}: ${note.err.message}`;
  // Close to the right edge, the message stands to the left of its time if it fits.
  const before = x > width - TIME_ROOM && x > TIME_ROOM;
  return html`<div class="cell-name" role="gridcell" aria-colspan="3">
      <span class="indent" aria-hidden="true"></span><span class="toggle"></span>
      ${icon(note.level === 'warn' ? 'warning' : /^(?:error|fatal)$/.test(note.level) ? 'failed' : 'note', note.level)}
      <span class="name-text" title=${note.msg + error}
        >${note.context !== undefined && html`<span class="row-service">${note.context} </span>`}${note.msg}${error}</span
      >
    </div>
    <div class="cell-time" role="gridcell">
      ${x >= 0 && x <= width && html`<span class="note-time ${before ? 'note-before' : ''}" style=${{ '--x': `${x}px` }}>+${milliseconds(note.offset)}</span>`}
    </div>`;
}
