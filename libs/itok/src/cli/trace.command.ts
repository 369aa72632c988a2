import { writeFile } from 'node:fs/promises';
import { Command, Option } from 'commander';
import {
  Capture,
  format,
  type Line,
  postSpans,
  type LogReading,
  renderTrace,
  renderTraceMarkdown,
  reportTrace,
  toOtlp,
  toZipkin,
  TraceInputError,
  type TraceReport,
} from '../trace/index.js';
import type { Paper } from './terminal.js';
import { asRequest, checkAwaited, checkRequest, chooseRequest, looksLikeRequest } from './choose-request.js';
import { followRequests } from './follow-requests.js';
import { FoundLines } from './found-lines.js';
import { INPUT_HELP, nothingFound, placesToRead, read, readingNote } from './log-input.js';
import { wholeNumber } from './whole-number.js';

interface TraceOptions {
  readonly raw?: boolean;
  readonly spans?: boolean;
  readonly notes: boolean;
  readonly limit: number;
  readonly follow?: boolean;
  readonly json?: boolean;
  readonly md?: boolean;
  readonly html?: string;
  readonly otlp?: boolean;
  readonly zipkin?: boolean;
  readonly post?: string;
  readonly header?: readonly string[];
}

const HELP = `
A request is its id (the internal token's id, the X-Request-Id of its answer), the first or last
digits of the id (6 or more; logs for people show the last 8), or last, slowest, failed.
${INPUT_HELP}

Columns
  total   from beginning to end, network included
  own     time not covered by calls within it
  crit    share of the whole request that was this row's own work on the critical path, including
          the way there and back
  token   age of the internal token when the request arrived there

Examples
  itok trace last                                   the request that ended last, in development
  itok trace 01a2070317c776f78f68e16a25a5921a logs/ one request, from the logs of every service
  kubectl logs -l app=shop --prefix | itok trace 25a5921a
  itok trace slowest logs/ --html slow.html         a self-contained page; opens from disk
  itok trace failed logs/ --md                      for pasting into an issue
  itok trace last --post http://127.0.0.1:4318      to an OpenTelemetry collector, Jaeger, Tempo
  itok trace --follow logs/                         each request as it ends`;

/** `itok trace`: one request, from the lines it left. */
export function traceCommand(paper: Paper): Command {
  return new Command('trace')
    .description('Follows one request: who did what, what it waited for, what failed, what is missing.')
    .argument('[request]', 'its id, its first or last digits, or last, slowest, failed', asRequest)
    .argument('[files...]', 'logs, directories of logs, or - for piped input')
    .option('-f, --follow', 'keep reading; without a request, print one line for each that ends')
    .option('--raw', 'leave every clock uncorrected')
    .option('--spans', "every span: callers' halves too")
    .option('--no-notes', 'leave out the log lines of application code')
    .option('--limit <rows>', 'most rows; the longest are shown', wholeNumber, 200)
    .addOption(only('--json', 'print the analysis for programs', 'md', 'html', 'otlp', 'zipkin', 'post'))
    .addOption(only('--md', 'print Markdown', 'html', 'otlp', 'zipkin', 'post'))
    .addOption(
      only('--html <file>', 'write one self-contained page: waterfall, map, histogram', 'otlp', 'zipkin', 'post'),
    )
    .addOption(only('--otlp', 'print OTLP/JSON for OpenTelemetry collectors, Jaeger, Tempo', 'zipkin'))
    .option('--zipkin', 'print Zipkin v2 JSON')
    .option('--post <url>', 'send it there instead of printing it: OTLP, or Zipkin with --zipkin')
    .option('--header <name: value>', 'a header field for --post; may be repeated', collect)
    .addHelpText('after', HELP)
    .action(async (request: string | undefined, files: readonly string[], options: TraceOptions) => {
      if (options.follow) {
        const format = (['html', 'otlp', 'zipkin', 'post'] as const).find((name) => options[name] !== undefined);
        if (format !== undefined) throw new TraceInputError(`--${format} needs a whole request: leave out --follow.`);
        // While following, the first word may be a file instead of a request.
        const onlyFiles = request !== undefined && !looksLikeRequest(request);
        const places = placesToRead(onlyFiles ? [request, ...files] : files, paper);
        checkAwaited(onlyFiles ? undefined : request);
        return followRequests(onlyFiles ? undefined : request, places, paper, options);
      }
      checkRequest(request);
      if (options.header !== undefined && options.post === undefined) {
        throw new TraceInputError('--header needs --post, which says where to send the spans.');
      }
      const { report, reading, capture } = await readTrace(request, placesToRead(files, paper), paper, options);
      return answer(report, reading, capture, paper, options);
    });
}

interface Found {
  readonly report: TraceReport;
  readonly reading: LogReading;
  readonly capture: Capture;
}

async function readTrace(
  word: string,
  places: readonly string[],
  paper: Paper,
  { raw = false, html }: TraceOptions,
): Promise<Found> {
  const id = await chooseRequest(word, places, paper);
  const found = new FoundLines(id);
  const capture = new Capture();
  const onLine = (line: Line): void => {
    if (html !== undefined) capture.add(line);
    found.add(line);
  };
  // A page compares the request with all others; otherwise lines of others are not even parsed.
  const reading = await read(places, paper, { onLine, ...(html === undefined && { contains: id }) });
  const [first, ...others] = found.requests;
  if (first === undefined) {
    throw nothingFound(`No line belongs to ${id}`, reading, 'Check that the logs of its time are among them.');
  }
  if (others.length > 0) {
    const ids = [...found.requests.keys()].slice(0, 5).join(', ');
    throw new TraceInputError(
      `${found.requests.size} requests have an id that begins or ends with ${id}: ${ids}. Give more digits.`,
    );
  }
  const report = reportTrace(first[0], first[1], { raw });
  if (report === undefined) {
    throw new TraceInputError(
      `${first[1].length} lines belong to ${first[0]}, but none describes a span: was the request not in the sample, or is InternalTokenLoggingModule missing?`,
    );
  }
  return { report, reading, capture };
}

async function answer(
  report: TraceReport,
  reading: LogReading,
  capture: Capture,
  paper: Paper,
  options: TraceOptions,
): Promise<void> {
  const { json, md, html, otlp, zipkin, post, header } = options;
  const view = { everySpan: options.spans === true, limit: options.limit, notes: options.notes };
  if (post !== undefined) {
    const { signal } = paper.terminal;
    const target = { url: post, format: zipkin ? 'zipkin' : 'otlp', headers: header ?? [] } as const;
    const { accepted, rejected, remarks, to } = await postSpans([report], { ...target, ...(signal && { signal }) });
    for (const remark of remarks) paper.warn(remark);
    if (rejected > 0) throw new Error(`${to} rejected ${rejected} of ${accepted + rejected} spans.`);
    paper.line(`${paper.pen.green('✓')} ${format.plural(accepted, 'span')} of ${report.txn} sent to ${to}`);
  } else if (html !== undefined) {
    // As large as the rest of the program: loaded only when needed.
    const { reportPage } = await import('../page/index.js');
    await writePage(html, reportPage({ trace: report, capture: capture.report(), reading }));
    paper.line(`${paper.pen.green('✓')} ${html}: open it in a browser`);
  } else if (otlp) paper.json(toOtlp([report]));
  else if (zipkin) paper.json(toZipkin([report]));
  else if (json) paper.json({ trace: report, reading });
  else if (md) paper.text(renderTraceMarkdown(report, view));
  else {
    for (const line of renderTrace(report, { pen: paper.pen, width: paper.width }, view)) paper.line(line);
    paper.line();
    for (const line of readingNote(reading)) paper.line(paper.pen.dim(line));
  }
}

async function writePage(path: string, page: string): Promise<void> {
  try {
    await writeFile(path, page);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const message = `${path} cannot be written (${code}): name a file in a directory that exists and is writable.`;
    throw new Error(message, { cause: error });
  }
}

/** An output option that excludes others. */
function only(flags: string, description: string, ...others: string[]): Option {
  return new Option(flags, description).conflicts(others);
}

function collect(value: string, known: readonly string[] = []): readonly string[] {
  return [...known, value];
}
