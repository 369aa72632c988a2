import type { PortDefinition } from '@app/contracts';
import { announceCall } from './announce-call.js';
import type { PortPipeline } from './port-pipeline.js';

/** An object with the methods of the contract only, even if the implementation has others. */
export function bindPort<Api extends object>(definition: PortDefinition<Api>, pipeline: PortPipeline<Api>): Api {
  const methods = Object.keys(definition.methods).map((name) => {
    const call = async (input: unknown): Promise<unknown> => {
      announceCall(`${definition.name}.${name}`);
      return pipeline.call(name, input);
    };
    return [name, call] as const;
  });
  return Object.freeze(Object.fromEntries(methods)) as Api;
}
