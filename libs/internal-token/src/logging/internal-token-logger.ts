import { ConsoleLogger, type LogLevel } from '@nestjs/common';
import { channel } from 'node:diagnostics_channel';
import { hostname } from 'node:os';
import picocolors from 'picocolors';
import { option, OptionPath } from '../core/index.js';
import { type Clock, preciseNow } from './clock.js';
import { readLogArguments } from './log-arguments.js';
import { type LineDestination, LineSink } from './line-sink.js';
import { type LineLevel, type LogLine, type RequestFields, stringifyLine } from './log-line.js';
import { prettyFormat } from './pretty-format.js';
import { currentRequestFields } from './request-fields.js';
import { SpanLine } from './span-line.js';

/** Options of {@link InternalTokenLogger}. */
export interface InternalTokenLoggerOptions {
  /** The name of the process, for lines that belong to no domain. */
  readonly service: string;
  /** Distinguishes this process from others with the same name. Default: `<hostname>-<pid>`. */
  readonly instance?: string;
  /** `json`: one object per line, for machines. `pretty`: for people. Default `json`. */
  readonly format?: 'json' | 'pretty';
  /** The lowest level, as Nest (`log`) or the lines (`info`) name it. Default: Nest's `NEST_LOG_LEVEL`, else all. */
  readonly level?: string;
  /** The exact levels to write; `level` is then ignored. */
  readonly levels?: readonly LogLevel[];
  /** Colours of the pretty format. Default: on if standard output is a terminal and `NO_COLOR` is not set. */
  readonly colors?: boolean;
  /**
   * Where lines go, one call per line. Default: standard output, for errors too, so that lines keep their order. A
   * destination that fails does not end the process: lines that could not be written are counted and reported on
   * standard error. For a stream whose reader does not keep up, at most 1 MiB is buffered.
   */
  readonly destination?: LineDestination;
  /** The clock of the lines. Default: the wall clock with microseconds. */
  readonly clock?: Clock;
}

/** Publishes each line that is written, in any format, for development tools and tests. */
const lines = channel('nestjs-internal-token:log-line');

const NEST_LEVELS = ['verbose', 'debug', 'log', 'warn', 'error', 'fatal'] as const;
const NEST_LEVEL_OF: Record<LineLevel, LogLevel> = {
  trace: 'verbose',
  debug: 'debug',
  info: 'log',
  warn: 'warn',
  error: 'error',
  fatal: 'fatal',
};

const checkOptions = option.group({
  service: option.text('a name for this process, such as "orders"'),
  instance: option.optional(option.text('a name that tells this process from others')),
  format: option.withDefault('json', option.oneOf('json', 'pretty')),
  level: option.optional(option.oneOf<string>(...Object.keys(NEST_LEVEL_OF), 'verbose', 'log')),
  levels: option.optional(option.listOf('levels', option.oneOf<LogLevel>(...NEST_LEVELS))),
  colors: option.optional(option.flag),
  destination: option.optional(option.instance<LineDestination>('an object with write()', 'write')),
  clock: option.optional(option.callback<Clock>()),
} satisfies option.ChecksOf<InternalTokenLoggerOptions>);

/**
 * Nest's logger with the ids of the current request on every line of the framework, guards, filters and application
 * code, after awaits and in child tasks. Each call writes one line in one write. Credentials and keys never get onto a
 * line, and logged data cannot overwrite the line's own members.
 *
 * ```ts
 * const app = await NestFactory.create(AppModule, { logger: new InternalTokenLogger({ service: 'orders' }) });
 * ```
 */
export class InternalTokenLogger extends ConsoleLogger {
  readonly #service: string;
  readonly #instance: string;
  readonly #pretty: ((line: LogLine) => string) | undefined;
  readonly #sink: LineSink;
  readonly #clock: Clock;

  /** @throws InternalTokenError `configuration_invalid`, naming the option */
  constructor(given: InternalTokenLoggerOptions) {
    const options = checkOptions(given, new OptionPath('InternalTokenLogger'));
    super({ json: options.format === 'json', ...logLevels(options) });
    this.#service = options.service;
    this.#instance = options.instance ?? `${hostname()}-${process.pid}`;
    if (options.format === 'pretty') this.#pretty = prettyFormat(options.colors ?? picocolors.isColorSupported);
    this.#sink = LineSink.of(options.destination ?? process.stdout);
    this.#clock = options.clock ?? preciseNow;
  }

  override log(message: unknown, ...more: unknown[]): void {
    this.#write('info', message, more);
  }

  override error(message: unknown, ...more: unknown[]): void {
    this.#write('error', message, more);
  }

  override warn(message: unknown, ...more: unknown[]): void {
    this.#write('warn', message, more);
  }

  override debug(message: unknown, ...more: unknown[]): void {
    this.#write('debug', message, more);
  }

  override verbose(message: unknown, ...more: unknown[]): void {
    this.#write('trace', message, more);
  }

  override fatal(message: unknown, ...more: unknown[]): void {
    this.#write('fatal', message, more);
  }

  #write(level: LineLevel, message: unknown, more: readonly unknown[]): void {
    if (!this.isLevelEnabled(NEST_LEVEL_OF[level])) return;
    // The most frequent kind of line. It has no further arguments.
    if (SpanLine.is(message)) {
      const { time = this.#clock(), msg, service, ids, fields } = message;
      this.#put({ time, level, msg, service, instance: this.#instance }, ids, fields);
      return;
    }
    const read = readLogArguments(message, more);
    if (this.context !== undefined) read.context ??= this.context;
    const ids = currentRequestFields();
    const { service = this.#service } = ids;
    this.#put({ time: this.#clock(), level, msg: read.msg, service, instance: this.#instance }, ids, read);
  }

  #put(line: LogLine, ids: RequestFields, more: Partial<LogLine>): void {
    const whole = this.#pretty || lines.hasSubscribers ? { ...line, ...ids, ...more } : line;
    this.#sink.write(`${this.#pretty?.(whole) ?? stringifyLine(line, ids, more)}\n`);
    if (lines.hasSubscribers) lines.publish(whole);
  }
}

function logLevels({ level, levels }: Pick<InternalTokenLoggerOptions, 'level' | 'levels'>): {
  logLevels?: LogLevel[];
} {
  if (levels !== undefined) return { logLevels: [...levels] };
  if (level === undefined) return {};
  const least = NEST_LEVEL_OF[level as LineLevel] ?? level;
  return { logLevels: NEST_LEVELS.slice(NEST_LEVELS.findIndex((each) => each === least)) };
}
