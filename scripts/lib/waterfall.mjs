import { colours as pc } from './colours.mjs';

import { walk } from './trace-tree.mjs';

const BAR_WIDTH = 32;
const LABEL_GAP = 2;
const COLOURS = [pc.cyan, pc.green, pc.magenta, pc.yellow, pc.blue, pc.red];

/** One line an operation: who, what, when within the whole, how long. */
export function renderWaterfall(root) {
  const rows = [...walk(root)];
  const paint = colourOfService(rows);
  const labels = rows.map(({ span, branch }) => `${branch}${span.service}  ${span.op}`);
  const width = Math.max(...labels.map(({ length }) => length)) + LABEL_GAP;

  return rows.flatMap(({ span, branch, continuation }, index) => {
    const colour = paint.get(span.service);
    const label = `${pc.dim(branch)}${colour(span.service)}  ${span.op}`;
    const filler = ' '.repeat(width - labels[index].length);
    const failed = span.err || span.status >= 400 || span.status === 'error';
    const duration = `${span.dur.toFixed(1)} ms`.padStart(9);
    const outcome = failed ? pc.red(` ${span.status}`) : '';
    const notes = span.notes.map(({ msg, level }) => {
      const indent = `${continuation}${span.children.length > 0 ? '│' : ' '}  `;
      return pc.dim(`${indent}${level}: ${msg}`);
    });
    return [`${label}${filler}${colour(bar(span, root))} ${duration}${outcome}`, ...notes];
  });
}

function bar(span, root) {
  const scale = BAR_WIDTH / Math.max(root.dur, Number.EPSILON);
  const from = clamp(Math.floor((span.startedAt - root.startedAt) * scale), 0, BAR_WIDTH - 1);
  const length = clamp(Math.round(span.dur * scale), 1, BAR_WIDTH - from);
  return ' '.repeat(from) + '█'.repeat(length) + ' '.repeat(BAR_WIDTH - from - length);
}

function clamp(value, least, most) {
  return Math.min(Math.max(value, least), most);
}

function colourOfService(rows) {
  const services = [...new Set(rows.map(({ span }) => span.service))];
  return new Map(services.map((service, index) => [service, COLOURS[index % COLOURS.length]]));
}
