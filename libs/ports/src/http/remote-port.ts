import type { PortDefinition } from '@app/contracts';
import { HttpService } from '@nestjs/axios';
import type { FactoryProvider } from '@nestjs/common';
import { InternalTokenContext, Tracer } from 'nestjs-internal-token';
import { bindPort } from '../bind-port.js';
import { PortPipeline } from '../port-pipeline.js';
import { remoteImplementation } from './remote-implementation.js';

/**
 * Binds a port to the process at `baseUrl`. The providing module needs `HttpModule` of @nestjs/axios, and
 * `InternalTokenHttpModule`, which attaches the caller's token.
 */
export function remotePort<Api extends object>(definition: PortDefinition<Api>, baseUrl: string): FactoryProvider<Api> {
  return {
    provide: definition.api,
    inject: [HttpService, InternalTokenContext, Tracer],
    useFactory: (http: HttpService, context: InternalTokenContext, tracer: Tracer) =>
      bindPort(
        definition,
        new PortPipeline(definition, remoteImplementation(definition, baseUrl, http), context, tracer, {
          kind: 'client',
          peer: definition.name,
        }),
      ),
  };
}
