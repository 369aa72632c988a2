import uPlot from 'uplot';
import type { HistogramBar } from '../../../trace/index.js';
import { tick } from '../base/format.js';

/** A line across the bars. */
export interface Mark {
  readonly at: number;
  readonly name: string;
  readonly strong?: boolean;
}

const HEIGHT = 240;
/** The height of a name above the bars. */
const LINE = 14;
const TOP = 3 * LINE + 6;
/** Above this spread, use a logarithmic axis: a few slow requests would push all others into one corner. */
const LOGARITHMIC_FROM = 12;

/** Draws bars at their true times, each as wide as its range. */
export function plotHistogram(
  element: HTMLElement,
  bars: readonly HistogramBar[],
  marks: readonly Mark[],
  width: number,
  onHover: (bar: HistogramBar | undefined) => void,
): uPlot {
  const colour = colours(element);
  const scale = timeScale(bars, marks);
  const logarithmic = scale.distr === 3;
  const axis: uPlot.Axis = {
    stroke: colour('--ink-2'),
    grid: { stroke: colour('--line'), width: 1 },
    font: FONT,
  };
  const options: uPlot.Options = {
    width,
    height: HEIGHT,
    padding: [TOP, 20, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { show: false }, drag: { setScale: false } },
    scales: { x: { time: false, ...scale }, y: { range: (_, __, most) => [0, Math.max(1, most * 1.05)] } },
    axes: [
      {
        ...axis,
        ticks: { stroke: colour('--line'), width: 1, size: 4 },
        size: 30,
        space: 64,
        values: (_, at) => at.map((value) => (value === null ? '' : tick(value))),
        ...(logarithmic && { splits: (_, __, from, to) => decades(from, to), filter: (_, at) => at }),
      },
      {
        ...axis,
        ticks: { show: false },
        size: 56,
        values: (_, at) => at.map((value) => (Number.isInteger(value) ? value.toLocaleString('en') : '')),
      },
    ],
    series: [{}, { paths: () => null, points: { show: false } }],
    hooks: {
      draw: [(chart) => drawBars(chart, bars, colour('--s0')), (chart) => drawMarks(chart, marks, colour)],
      setCursor: [(chart) => onHover(barAt(chart, bars))],
    },
  };
  // Plotted at their upper ends, so that the scale covers every count; the bars themselves are drawn above.
  return new uPlot(options, [bars.map(({ to }) => to), bars.map((bar) => bar.count)], element);
}

const FONT = '12px system-ui, sans-serif';

function timeScale(
  bars: readonly HistogramBar[],
  marks: readonly Mark[],
): Pick<uPlot.Scale, 'distr' | 'log' | 'range'> {
  const ends = [...bars.flatMap(({ from, to }) => [from, to]), ...marks.map(({ at }) => at)];
  const [least, most] = [Math.min(...ends), Math.max(...ends)];
  if (least > 0 && most / least >= LOGARITHMIC_FROM) return { distr: 3, log: 10, range: [least, most] };
  return { distr: 1, range: [least, most > least ? most : least + 1] };
}

/** Round times on a logarithmic axis: 1, 2 and 5 of each power of ten, or only 1 if these would be too many. */
function decades(from: number, to: number): number[] {
  const [first, last] = [Math.floor(Math.log10(from)), Math.ceil(Math.log10(to))];
  const factors = last - first > 4 ? [1] : [1, 2, 5];
  const powers = Array.from({ length: last - first + 1 }, (_, index) => 10 ** (first + index));
  return powers.flatMap((power) => factors.map((factor) => factor * power)).filter((at) => at >= from && at <= to);
}

function drawBars(chart: uPlot, bars: readonly HistogramBar[], fill: string): void {
  const { ctx } = chart;
  const floor = chart.valToPos(0, 'y', true);
  ctx.save();
  ctx.fillStyle = fill;
  for (const { from, to, count } of bars) {
    if (count === 0) continue;
    const [left, right] = [chart.valToPos(from, 'x', true), chart.valToPos(to, 'x', true)];
    const top = Math.min(chart.valToPos(count, 'y', true), floor - devicePixelRatio);
    ctx.fillRect(
      left + devicePixelRatio / 2,
      top,
      Math.max(devicePixelRatio, right - left - devicePixelRatio),
      floor - top,
    );
  }
  ctx.restore();
}

function drawMarks(chart: uPlot, marks: readonly Mark[], colour: (name: string) => string): void {
  const { ctx, bbox } = chart;
  const line = LINE * devicePixelRatio;
  const taken = [-Infinity, -Infinity];
  ctx.save();
  ctx.textAlign = 'center';
  for (const { at, name, strong } of together(marks)) {
    const x = chart.valToPos(at, 'x', true);
    ctx.strokeStyle = ctx.fillStyle = colour(strong === true ? '--ink' : '--ink-2');
    ctx.lineWidth = (strong === true ? 2 : 1) * devicePixelRatio;
    ctx.setLineDash(strong === true ? [] : [4 * devicePixelRatio, 3 * devicePixelRatio]);
    ctx.font = `${strong === true ? 'bold ' : ''}${12 * devicePixelRatio}px system-ui, sans-serif`;
    const half = ctx.measureText(name).width / 2 + 3 * devicePixelRatio;
    const middle = Math.max(bbox.left + half, Math.min(x, bbox.left + bbox.width - half));
    // Stacks names that would overlap, with this request's on top.
    const level = strong === true ? 2 : middle - half < (taken[0] ?? 0) ? 1 : 0;
    taken[level] = middle + half;
    const bottom = bbox.top - 5 * devicePixelRatio - level * line;
    ctx.beginPath();
    ctx.moveTo(x, bottom + 3 * devicePixelRatio);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    // A line ends at a name that it would cross.
    ctx.setLineDash([]);
    ctx.lineWidth = 4 * devicePixelRatio;
    ctx.strokeStyle = colour('--ground');
    ctx.strokeText(name, middle, bottom);
    ctx.fillText(name, middle, bottom);
  }
  ctx.restore();
}

/**
 * With few requests, percentiles coincide: one line carries all their names. This request comes first, behind the names
 * of the others.
 */
function together(marks: readonly Mark[]): Mark[] {
  const plain = new Map<number, string>();
  for (const { at, name, strong } of marks) {
    if (strong !== true) plain.set(at, plain.has(at) ? `${plain.get(at)} ${name}` : name);
  }
  const sorted = [...plain].map(([at, name]) => ({ at, name })).toSorted((a, b) => a.at - b.at);
  return [...marks.filter(({ strong }) => strong === true), ...sorted];
}

function barAt(chart: uPlot, bars: readonly HistogramBar[]): HistogramBar | undefined {
  const left = chart.cursor.left ?? -1;
  if (left < 0) return undefined;
  const time = chart.posToVal(left, 'x');
  return bars.find(({ from, to }) => time >= from && time < to);
}

/** The page's colours as canvas colours. */
function colours(element: HTMLElement): (name: string) => string {
  const probe = element.appendChild(document.createElement('i'));
  const found = new Map<string, string>();
  for (const name of ['--ink-2', '--line', '--s0', '--ink', '--ground']) {
    probe.style.color = `var(${name})`;
    found.set(name, getComputedStyle(probe).color);
  }
  probe.remove();
  return (name) => found.get(name) ?? 'gray';
}
