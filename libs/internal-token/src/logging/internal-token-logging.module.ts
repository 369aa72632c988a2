import {
  type DynamicModule,
  Inject,
  Logger,
  type LoggerService,
  type LogLevel,
  Module,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { InternalTokenError, Tracer } from '../nest/index.js';
import { announceFatalEnd } from './announce-fatal-end.js';
import {
  type InternalTokenLoggingOptions,
  type ResolvedLoggingOptions,
  resolveLoggingOptions,
} from './internal-token-logging.options.js';
import { SpanWriter } from './span-writer.js';

const OPTIONS = Symbol('InternalTokenLoggingOptions');

/** The tracers whose spans already have a writer. */
const written = new WeakSet<Tracer>();

/** Nest's logger, which also says whether the logger behind it writes a level, if that logger can tell. */
class SpanLogger extends Logger {
  isLevelEnabled(level: LogLevel): boolean {
    const { localInstance } = this as { localInstance?: LoggerService & { isLevelEnabled?(level: LogLevel): boolean } };
    // Undefined if the application has `logger: false`.
    return localInstance !== undefined && (localInstance.isLevelEnabled?.(level) ?? true);
  }
}

/**
 * Writes one line for every span that ends: requests served, requests made, calls across a domain's port. Import it
 * once, beside `InternalTokenModule`. The lines go through Nest's `Logger`, preferably to an
 * {@link InternalTokenLogger}. If an unhandled error ends the process, one more line has the ids of the open spans.
 */
@Module({})
export class InternalTokenLoggingModule implements OnModuleInit, OnApplicationShutdown {
  #writer: SpanWriter | undefined;
  #forgetFatalEnd: (() => void) | undefined;

  constructor(
    private readonly tracer: Tracer,
    @Inject(OPTIONS) private readonly options: ResolvedLoggingOptions,
  ) {}

  /** @throws InternalTokenError `configuration_invalid`, naming the option */
  static forRoot(options: InternalTokenLoggingOptions = {}): DynamicModule {
    return {
      module: InternalTokenLoggingModule,
      providers: [{ provide: OPTIONS, useValue: resolveLoggingOptions(options) }],
    };
  }

  /** @throws InternalTokenError `configuration_invalid` if the module was imported before */
  onModuleInit(): void {
    if (written.has(this.tracer)) {
      throw new InternalTokenError(
        'configuration_invalid',
        'InternalTokenLoggingModule.forRoot() is imported twice, so every span would have two lines. Import it once.',
      );
    }
    written.add(this.tracer);
    const writer = new SpanWriter(this.tracer, new SpanLogger('Span'), this.options);
    this.#writer = writer;
    this.#forgetFatalEnd = announceFatalEnd(() => writer.openSpans());
  }

  onApplicationShutdown(): void {
    this.#forgetFatalEnd?.();
    this.#writer?.close();
    written.delete(this.tracer);
  }
}
