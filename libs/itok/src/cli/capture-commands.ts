import { Command, Option } from 'commander';
import {
  Capture,
  type CaptureReport,
  type LogReading,
  renderMap,
  renderMapDot,
  renderMapMermaid,
  renderTop,
  renderTopMarkdown,
} from '../trace/index.js';
import type { Paper } from './terminal.js';
import { INPUT_HELP, NO_END, nothingFound, placesToRead, read, readingNote } from './log-input.js';
import { wholeNumber } from './whole-number.js';

interface TopOptions {
  readonly base?: string;
  readonly limit: number;
  readonly json?: boolean;
  readonly md?: boolean;
}

interface MapOptions {
  readonly json?: boolean;
  readonly mermaid?: boolean;
  readonly dot?: boolean;
}

const TOP_HELP = `
crit is the share of all requests' time that was this operation's own work on the critical path:
what is worth making faster. own p99 excludes the time of its calls.

Lines of a request that come 250,000 spans after its others are left out and counted. Files are
read side by side by time, so this happens only if logs are piped in one after the other.
${INPUT_HELP}

Examples
  itok top logs/                          where the time goes
  itok top after.log --base before.log    what became slower
  itok top logs/ --md                     for pasting into an issue`;

const MAP_HELP = `${INPUT_HELP}

Examples
  itok map logs/                               in the terminal
  itok map logs/ --mermaid                     for a README
  itok map logs/ --dot | dot -Tsvg > map.svg   by Graphviz`;

/** `itok top`: statistics over many requests. */
export function topCommand(paper: Paper): Command {
  return new Command('top')
    .description('Sums up many requests: p50, p90, p99 of operations and calls, and what is worth making faster.')
    .argument('[files...]', 'logs, directories of logs, or - for piped input')
    .option('--base <path>', 'compare with an earlier capture: a file or a directory')
    .option('--limit <rows>', 'most rows per table', wholeNumber, 30)
    .addOption(new Option('--json', 'print the numbers for programs').conflicts('md'))
    .option('--md', 'print Markdown')
    .addHelpText('after', TOP_HELP)
    .action(async (files: readonly string[], { base, limit, json, md }: TopOptions) => {
      const { capture, reading } = await readCapture(files, paper);
      const before = base === undefined ? undefined : (await readCapture([base], paper)).capture;
      const options = { limit, base: before };
      if (json) return paper.json({ capture, ...(before && { base: before }), reading });
      if (md) return paper.text(renderTopMarkdown(capture, options));
      for (const line of renderTop(capture, { pen: paper.pen, width: paper.width }, options)) paper.line(line);
      say(reading, paper);
    });
}

/** `itok map`: which service calls which. */
export function mapCommand(paper: Paper): Command {
  return new Command('map')
    .description('Draws which service calls which: how often, how slowly, how many calls fail.')
    .argument('[files...]', 'logs, directories of logs, or - for piped input')
    .addOption(new Option('--mermaid', 'print a Mermaid flowchart').conflicts(['dot', 'json']))
    .addOption(new Option('--dot', 'print a graph for Graphviz').conflicts('json'))
    .option('--json', 'print the edges for programs')
    .addHelpText('after', MAP_HELP)
    .action(async (files: readonly string[], { json, mermaid, dot }: MapOptions) => {
      const { capture, reading } = await readCapture(files, paper);
      if (json) return paper.json({ edges: capture.edges, reading });
      if (mermaid) return paper.text(renderMapMermaid(capture));
      if (dot) return paper.text(renderMapDot(capture));
      for (const line of renderMap(capture, { pen: paper.pen, width: paper.width })) paper.line(line);
      say(reading, paper);
    });
}

/** Lines of spans that have ended or stay open for long; the quotes may be escaped, as docker does. */
const SPAN_LINES = ['end', 'inflight'];

async function readCapture(
  files: readonly string[],
  paper: Paper,
): Promise<{ capture: CaptureReport; reading: LogReading }> {
  const capture = new Capture();
  const places = placesToRead(files, paper);
  const reading = await read(places, paper, { onLine: (line) => capture.add(line), contains: SPAN_LINES });
  const report = capture.report();
  if (report.requests === 0) throw nothingFound(NO_END.what, reading, NO_END.advice);
  return { capture: report, reading };
}

function say(reading: LogReading, paper: Paper): void {
  paper.line();
  for (const line of readingNote(reading)) paper.line(paper.pen.dim(line));
}
