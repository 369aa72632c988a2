import type { PortDefinition } from '@app/contracts';
import { Body, Controller, HttpCode, Inject, Param, Post, type Type, UseFilters } from '@nestjs/common';
import { AnyScope, InternalTokenContext, Public, Tracer } from 'nestjs-internal-token';
import { PortPipeline } from '../port-pipeline.js';
import { PortErrorFilter } from './port-error.filter.js';
import { portPath } from './port-path.js';

/** The controller of a port, for the process in which its implementation lives: `POST /internal/<domain>/<method>`. */
export function portController<Api extends object>(definition: PortDefinition<Api>, implementation: Type<Api>): Type {
  @Controller(portPath(definition))
  @UseFilters(PortErrorFilter)
  // The purposes of the port decide who may call, as in process, so anonymous and any scope are accepted here.
  @Public()
  @AnyScope()
  class PortController {
    readonly #pipeline: PortPipeline<Api>;

    constructor(
      @Inject(implementation) target: Api,
      context: InternalTokenContext,
      private readonly tracer: Tracer,
    ) {
      const span = { kind: 'server', service: definition.name } as const;
      this.#pipeline = new PortPipeline(definition, target, context, tracer, span);
    }

    @Post(':method')
    @HttpCode(200)
    call(@Param('method') method: string, @Body() input: unknown): Promise<unknown> {
      // The operation has the same name wherever it runs; the path is a detail of this transport.
      if (Object.hasOwn(definition.methods, method)) {
        this.tracer.current?.describe({ op: `${definition.name}.${method}`, service: definition.name });
      }
      return this.#pipeline.answer(method, input);
    }
  }
  Object.defineProperty(PortController, 'name', { value: `${definition.api.name}Controller` });
  return PortController;
}
