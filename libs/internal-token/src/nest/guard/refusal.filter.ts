import { type ArgumentsHost, Catch, type ExceptionFilter, Inject } from '@nestjs/common';
import { FILTER_CATCH_EXCEPTIONS } from '@nestjs/common/constants.js';
import { ApplicationConfig, ModulesContainer } from '@nestjs/core';
import { InternalTokenError } from '../../core/index.js';
import { InternalTokenErrorFilter } from './internal-token-error.filter.js';

type ScopedFilter = ReturnType<ApplicationConfig['getGlobalRequestFilters']>[number];

/**
 * Keeps refusals what they are beside filters of the application that catch everything: 401 and 403, not 500. Nest asks
 * the global filter first that was registered last, whatever its `@Catch()` says.
 */
@Catch(InternalTokenError)
export class RefusalFilter implements ExceptionFilter {
  #filter: ExceptionFilter;

  constructor(
    @Inject(ApplicationConfig) private readonly config: ApplicationConfig,
    private readonly modules: ModulesContainer,
    filter: InternalTokenErrorFilter,
  ) {
    this.#filter = filter;
  }

  catch(exception: InternalTokenError, host: ArgumentsHost): unknown {
    return this.#filter.catch(exception, host) as unknown;
  }

  /** Must run when all filters are registered and no handler has been built. */
  registerLast(): void {
    const given = this.config.getGlobalFilters().filter((filter) => filter !== this.#filter);
    this.#filter = given.findLast(isForRefusals) ?? this.#filter;
    this.config.addGlobalFilter(this);
    // Nest asks request-scoped filters before all others, and gives a request nothing else from this list.
    if (this.config.getGlobalRequestFilters().length === 0) return;
    for (const { providers } of this.modules.values()) {
      const wrapper = providers.get(RefusalFilter) as ScopedFilter | undefined;
      if (wrapper?.instance === this) this.config.addGlobalRequestFilter(wrapper);
    }
  }
}

/** A subclass of our filter that catches as much, or one of the application that names our errors. */
function isForRefusals(filter: ExceptionFilter): boolean {
  const caught = (Reflect.getMetadata(FILTER_CATCH_EXCEPTIONS, filter.constructor) ?? []) as readonly unknown[];
  return caught.length === 0 ? filter instanceof InternalTokenErrorFilter : caught.includes(InternalTokenError);
}
