import { Logger } from '@nestjs/common';
import { PortError, type PortDefinition, type PortMethod } from '@app/contracts';
import type { InternalTokenContext, Tracer } from 'nestjs-internal-token';
import { cross } from './cross.js';
import { withinLife } from './deadline.js';
import { toPortError } from './to-port-error.js';

type Implementation = Readonly<Record<string, (input: unknown) => Promise<unknown>>>;

/** The side of a port that answers: the same steps under every binding. */
export class PortServer<Api extends object> {
  private readonly logger = new Logger('Port');

  constructor(
    private readonly definition: PortDefinition<Api>,
    private readonly implementation: Api,
    private readonly context: InternalTokenContext,
    private readonly tracer: Tracer,
  ) {}

  /** @throws PortError, and nothing else */
  async call(name: string, input: unknown): Promise<unknown> {
    const service = this.definition.name;
    const operation = `${service}.${name}`;
    return this.tracer.run({ op: operation, kind: 'internal', service }, async () => {
      try {
        return await this.answer(operation, name, input);
      } catch (error) {
        throw toPortError(error) ?? this.hide(error, operation);
      }
    });
  }

  private async answer(operation: string, name: string, input: unknown): Promise<unknown> {
    const methods = this.definition.methods as Readonly<Record<string, PortMethod>>;
    const method = Object.hasOwn(methods, name) ? methods[name] : undefined;
    if (!method) throw PortError.of('port_method_unknown', `${operation} is not part of the contract.`);

    return withinLife(this.context.claims, operation, async () => {
      this.context.requireScope(...method.purposes);
      const accepted = cross(method.input, input, 'port_input_invalid');
      const answer = await (this.implementation as Implementation)[name]?.(accepted);
      try {
        return cross(method.output, answer, 'port_output_invalid');
      } catch (error) {
        this.logger.error(`${operation} broke its contract: ${String(error)}`);
        throw error;
      }
    });
  }

  /** What happened stays in this process' log, under the request's id. */
  private hide(error: unknown, operation: string): PortError {
    this.logger.error(`${operation} failed`, error instanceof Error ? error.stack : String(error));
    return PortError.of('internal_error', 'The request could not be completed.');
  }
}
