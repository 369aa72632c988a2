import type { FactoryProvider, Type } from '@nestjs/common';
import type { PortDefinition } from '@app/contracts';
import { InternalTokenContext, Tracer } from 'nestjs-internal-token';
import { bindPort } from './bind-port.js';
import { PortPipeline } from './port-pipeline.js';

/**
 * Binds a port to its implementation in the same process. The implementation must be a provider that can be injected
 * here; callers inject the port's abstract class and cannot tell this binding from a remote one.
 */
export function inProcessPort<Api extends object>(
  definition: PortDefinition<Api>,
  implementation: Type<Api>,
): FactoryProvider<Api> {
  return {
    provide: definition.api,
    inject: [implementation, InternalTokenContext, Tracer],
    useFactory: (target: Api, context: InternalTokenContext, tracer: Tracer) =>
      bindPort(
        definition,
        new PortPipeline(definition, target, context, tracer, { kind: 'internal', service: definition.name }),
      ),
  };
}
