import picocolors from 'picocolors';
import { escapeUnprintable, type LineLevel, type LogLine } from './log-line.js';
import type { ErrorFields } from './sanitize.js';

type Colors = ReturnType<typeof picocolors.createColors>;
type Paint = (text: string) => string;

const LEVELS: Record<LineLevel, { label: string; paint: (colors: Colors) => Paint }> = {
  trace: { label: 'TRACE', paint: (colors) => colors.gray },
  debug: { label: 'DEBUG', paint: (colors) => colors.gray },
  info: { label: 'INFO ', paint: (colors) => colors.green },
  warn: { label: 'WARN ', paint: (colors) => colors.yellow },
  error: { label: 'ERROR', paint: (colors) => colors.red },
  fatal: { label: 'FATAL', paint: (colors) => (text) => colors.bold(colors.red(text)) },
};

/** Red and yellow are reserved for levels; dark blue is unreadable on black. */
const SERVICE_COLORS = [
  'greenBright',
  'magenta',
  'cyan',
  'blueBright',
  'green',
  'magentaBright',
  'cyanBright',
] as const;

const NAME_WIDTH = 9;
const INDENT = '    ';

/**
 * Formats a line for people: time, level, service, request, message, duration. A service has the same colour in every
 * process. Of the request id only the end is shown, which is random; it begins with the time.
 *
 * @param color whether to use ANSI colours
 */
export function prettyFormat(color: boolean): (line: LogLine) => string {
  const colors = picocolors.createColors(color);
  return (line) => {
    const level = LEVELS[line.level];
    const columns = [
      colors.dim(timeOfDay(line.time)),
      level.paint(colors)(level.label),
      colors[colorOf(line.service)](printable(line.service).padEnd(NAME_WIDTH)),
      colors.dim(line.txn === undefined ? ' '.repeat(9) : `…${line.txn.slice(-8)}`),
      messageOf(line, colors),
    ];
    return `${columns.join(' ')}${stackOf(line.err, colors)}`;
  };
}

function messageOf(line: LogLine, colors: Colors): string {
  const said = line.err !== undefined && line.err.message === line.msg ? errorTitle(line.err) : printable(line.msg);
  const parts = [line.context === undefined ? '' : colors.dim(`[${printable(line.context)}]`), said];
  if (line.status !== undefined && line.status !== 'ok')
    parts.push(statusPaint(line.status, colors)(String(line.status)));
  if (line.dur !== undefined) parts.push(colors.dim(`${line.dur.toFixed(line.dur < 10 ? 2 : 1)} ms`));
  if (line.peer !== undefined) parts.push(colors.dim(`→ ${printable(line.peer)}`));
  if (line.err !== undefined && line.err.message !== line.msg) parts.push(colors.red(errorTitle(line.err)));
  if (line.params !== undefined) parts.push(colors.dim(printable(JSON.stringify(line.params))));
  return parts.filter((part) => part !== '').join(' ');
}

/** Every line of a stack is indented, so that none looks like a line of the log. */
function stackOf(err: ErrorFields | undefined, colors: Colors): string {
  const frames = err?.stack?.split(/\r?\n/).filter((frame) => /^\s+at /.test(frame)) ?? [];
  return frames.map((frame) => `\n${INDENT}${colors.dim(printable(frame.trim()))}`).join('');
}

function errorTitle(err: ErrorFields): string {
  return printable(`${err.type}: ${err.message}`);
}

function statusPaint(status: number | 'ok' | 'error', colors: Colors): Paint {
  if (status === 'error' || Number(status) >= 500) return colors.red;
  return Number(status) >= 400 ? colors.yellow : colors.green;
}

function colorOf(service: string): (typeof SERVICE_COLORS)[number] {
  let hash = 0;
  for (const character of service) hash = (hash * 27 + (character.codePointAt(0) ?? 0)) % 65_521;
  return SERVICE_COLORS[hash % SERVICE_COLORS.length] ?? 'cyan';
}

function timeOfDay(time: number): string {
  const date = new Date(time);
  const two = (value: number): string => String(value).padStart(2, '0');
  const milliseconds = String(date.getMilliseconds()).padStart(3, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${milliseconds}`;
}

/** Nothing from outside may move the cursor, change a colour or begin a line. */
function printable(text: string): string {
  return escapeUnprintable(text.replace(/\p{Cc}/gu, (character) => JSON.stringify(character).slice(1, -1)));
}
