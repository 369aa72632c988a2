import {
  type DynamicModule,
  Inject,
  Logger,
  Module,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { Tracer } from '../nest/index.js';
import { type InternalTokenLoggingOptions, SpanWriter } from './span.writer.js';

const OPTIONS = Symbol('InternalTokenLoggingOptions');

/**
 * Writes one line for every span that ends: requests served, requests made, calls across a domain's port. Import it
 * once, beside `InternalTokenModule`; the lines go through Nest's `Logger`, best to an {@link InternalTokenLogger}.
 */
@Module({})
export class InternalTokenLoggingModule implements OnModuleInit, OnApplicationShutdown {
  #writer: SpanWriter | undefined;

  constructor(
    private readonly tracer: Tracer,
    @Inject(OPTIONS) private readonly options: InternalTokenLoggingOptions,
  ) {}

  static forRoot(options: InternalTokenLoggingOptions = {}): DynamicModule {
    return {
      module: InternalTokenLoggingModule,
      providers: [{ provide: OPTIONS, useValue: Object.freeze({ ...options }) }],
    };
  }

  onModuleInit(): void {
    this.#writer = new SpanWriter(this.tracer, new Logger('Span'), this.options);
  }

  onApplicationShutdown(): void {
    this.#writer?.close();
  }
}
