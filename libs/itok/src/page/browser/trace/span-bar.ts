import { html } from 'htm/preact';
import type { VNode } from 'preact';
import type { ReportedSpan } from '../../../trace/index.js';
import { barParts } from './bar-parts.js';
import type { SpanTree } from './span-tree.js';
import { scale, type TimeRange } from './time-scale.js';

export const ROW_HEIGHT = 26;
const TOP = 6;
const HEIGHT = 11;
const CRITICAL_TOP = TOP + HEIGHT + 2;
const TOOTH = 3;
/** Narrower bars have no parts and no edge, which would only blur. */
const SMALL = 5;

interface SpanBarProps {
  readonly tree: SpanTree;
  readonly span: ReportedSpan;
  readonly range: TimeRange;
  readonly width: number;
}

/** A span on the time axis: own work solid, its children's light, the network hatched, the critical path underlined. */
export function SpanBar({ tree, span, range, width }: SpanBarProps): VNode {
  const at = scale(range, width);
  const box = (from: number, to: number, least = 0): { x: number; width: number } => {
    const x = Math.max(-2, at(from));
    return { x, width: Math.max(least, Math.min(width + 2, at(to)) - x) };
  };
  const end = span.offset + span.duration;
  const whole = box(span.offset, end, 2);
  const small = whole.width < SMALL;
  if (end < range.from || span.offset > range.to) return beyond(end < range.from ? 0 : width);
  return html`<svg class="bar" width=${width} height=${ROW_HEIGHT} aria-hidden="true">
    ${small && html`<rect class="part-self" x=${whole.x} y=${TOP} width=${whole.width} height=${HEIGHT} />`}
    ${
      !small &&
      barParts(span, tree.children(span)).map((part) => {
        const { x, width: wide } = box(part.from, part.to);
        return html`<rect class="part-${part.what}" x=${x} y=${TOP} width=${wide} height=${HEIGHT} />
          ${part.what === 'network' && html`<rect fill="url(#hatch)" x=${x} y=${TOP} width=${wide} height=${HEIGHT} />`}`;
      })
    }
    ${span.open === true && html`<path class="ragged" d=${ragged(whole.x + whole.width)} />`}
    ${!small && span.open !== true && html`<rect class="bar-edge" x=${whole.x} y=${TOP} width=${whole.width} height=${HEIGHT} rx="1.5" />`}
    ${span.failed && html`<rect class="bar-failed" x=${whole.x - 0.5} y=${TOP - 0.5} width=${whole.width + 1} height=${HEIGHT + 1} rx="2" />`}
    ${tree.critical(span).map(({ from, to }) => {
      const { x, width: wide } = box(from, to, 1.5);
      return html`<rect class="critical" x=${x} y=${CRITICAL_TOP} width=${wide} height="3" />`;
    })}
    ${span.notes.map(({ offset, level }) => html`<circle class="note-dot level-${level}" cx=${at(offset)} cy=${TOP + HEIGHT / 2} r="2" />`)}
  </svg>`;
}

/** The torn edge of a span without an end. */
function ragged(x: number): string {
  const teeth = Array.from({ length: 4 }, (_, index) => `l${index % 2 === 0 ? TOOTH : -TOOTH} ${HEIGHT / 4}`).join('');
  return `M${x - TOOTH} ${TOP}${teeth}l${TOOTH * 2} 0l0 ${-HEIGHT}z`;
}

/** A span outside the range leaves a mark on its side. */
function beyond(x: number): VNode {
  const middle = TOP + HEIGHT / 2;
  const tip = x === 0 ? 6 : -6;
  return html`<svg class="bar" width="100%" height=${ROW_HEIGHT} aria-hidden="true">
    <path class="beyond" d="M${x + (x === 0 ? 2 : -2)} ${middle}l${tip} -3.5l0 7z" />
  </svg>`;
}
