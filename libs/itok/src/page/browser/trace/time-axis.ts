import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { tick } from '../base/format.js';
import { scale, ticks, type TimeRange } from './time-scale.js';

const TICK_WIDTH = 86;
/** A shorter drag counts as a click. */
const SHORTEST_DRAG = 4;

function axisTicks(range: TimeRange, width: number): number[] {
  return ticks(range, Math.floor(width / TICK_WIDTH));
}

/** Lines behind all rows, at the ticks of the axis. */
export function TimeGrid({ range, width }: { readonly range: TimeRange; readonly width: number }): VNode {
  const at = scale(range, width);
  return html`<div class="grid-lines" aria-hidden="true">
    ${axisTicks(range, width).map((time) => html`<i key=${time} style=${{ '--x': `${at(time)}px` }}></i>`)}
  </div>`;
}

interface TimeAxisProps {
  readonly range: TimeRange;
  readonly width: number;
  readonly onZoom: (range: TimeRange) => void;
}

/** The ticks; dragging over them zooms. */
export function TimeAxis({ range, width, onZoom }: TimeAxisProps): VNode {
  const element = useRef<HTMLDivElement>(null);
  const [drag, setDrag] = useState<{ from: number; to: number }>();
  const at = scale(range, width);
  const x = (event: PointerEvent): number => event.clientX - (element.current?.getBoundingClientRect().left ?? 0);
  const time = (pixels: number): number => range.from + (pixels / Math.max(1, width)) * (range.to - range.from);
  const start = (event: PointerEvent): void => {
    element.current?.setPointerCapture(event.pointerId);
    setDrag({ from: x(event), to: x(event) });
  };
  const move = (event: PointerEvent): void => setDrag(drag && { ...drag, to: x(event) });
  const end = (): void => {
    if (drag && Math.abs(drag.to - drag.from) >= SHORTEST_DRAG) onZoom({ from: time(drag.from), to: time(drag.to) });
    setDrag(undefined);
  };
  return html`<div
    class="axis"
    ref=${element}
    title="Drag to zoom"
    onPointerDown=${start}
    onPointerMove=${move}
    onPointerUp=${end}
    onPointerCancel=${() => setDrag(undefined)}
  >
    ${axisTicks(range, width).map((value) => {
      const left = at(value);
      const side = left < 20 ? 'tick-first' : left > width - 28 ? 'tick-last' : '';
      return html`<span key=${value} class="tick ${side}" style=${{ '--x': `${left}px` }}>${tick(value)}</span>`;
    })}
    ${drag && html`<i class="drag" style=${{ '--x': `${Math.min(drag.from, drag.to)}px`, '--w': `${Math.abs(drag.to - drag.from)}px` }}></i>`}
  </div>`;
}
