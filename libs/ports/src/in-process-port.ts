import type { Provider, Type } from '@nestjs/common';
import type { PortDefinition } from '@app/contracts';

/**
 * Binds a port to its implementation in the same process. The implementation must be a provider that can be injected
 * where this one stands; callers inject the port's abstract class and cannot tell this binding from a remote one.
 */
export function inProcessPort<Api extends object>(
  definition: PortDefinition<Api>,
  implementation: Type<Api>,
): Provider {
  return {
    provide: definition.api,
    inject: [implementation],
    useFactory: (target: Api) => target,
  };
}
