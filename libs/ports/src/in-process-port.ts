import type { FactoryProvider, Type } from '@nestjs/common';
import type { PortDefinition } from '@app/contracts';
import { InternalTokenContext, Tracer } from 'nestjs-internal-token';
import { announceCall } from './announce-call.js';
import { PortServer } from './port-server.js';

/**
 * Binds a port to its implementation in the same process. The implementation must be a provider that can be injected
 * where this one stands; callers inject the port's abstract class and cannot tell this binding from a remote one.
 */
export function inProcessPort<Api extends object>(
  definition: PortDefinition<Api>,
  implementation: Type<Api>,
): FactoryProvider<Api> {
  return {
    provide: definition.api,
    inject: [implementation, InternalTokenContext, Tracer],
    useFactory: (target: Api, context: InternalTokenContext, tracer: Tracer) =>
      bind(definition, new PortServer(definition, target, context, tracer)),
  };
}

/** An object with the contract's methods and no others, whatever else the implementation can do. */
function bind<Api extends object>(definition: PortDefinition<Api>, server: PortServer<Api>): Api {
  const methods = Object.keys(definition.methods).map((name) => {
    const call = async (input: unknown): Promise<unknown> => {
      announceCall(`${definition.name}.${name}`);
      return server.call(name, input);
    };
    return [name, call] as const;
  });
  return Object.freeze(Object.fromEntries(methods)) as Api;
}
