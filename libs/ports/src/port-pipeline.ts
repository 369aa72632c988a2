import { Logger } from '@nestjs/common';
import { PortError, type PortDefinition, type PortMethod } from '@app/contracts';
import type { InternalTokenContext, SpanSpec, Tracer } from 'nestjs-internal-token';
import { cross } from './cross.js';
import { withinLife } from './within-life.js';
import { toPortError } from './to-port-error.js';

type Implementation = Readonly<Record<string, (input: unknown) => Promise<unknown>>>;

/** The steps of a call, the same with every binding: token lifetime, purposes, input, answer, errors, one span. */
export class PortPipeline<Api extends object> {
  readonly #logger = new Logger('Port');

  constructor(
    private readonly definition: PortDefinition<Api>,
    private readonly implementation: Api,
    private readonly context: InternalTokenContext,
    private readonly tracer: Tracer,
    private readonly span: Omit<SpanSpec, 'op'>,
  ) {}

  /**
   * Calls a method in a new span.
   * @throws PortError, and nothing else
   */
  call(name: string, input: unknown): Promise<unknown> {
    const op = `${this.definition.name}.${name}`;
    return this.tracer.run({ ...this.span, op }, () => this.answer(name, input));
  }

  /**
   * Calls a method in the span that is already open.
   * @throws PortError, and nothing else
   */
  async answer(name: string, input: unknown): Promise<unknown> {
    const operation = `${this.definition.name}.${name}`;
    try {
      return await this.#attempt(operation, name, input);
    } catch (error) {
      throw toPortError(error) ?? this.#hide(error, operation);
    }
  }

  async #attempt(operation: string, name: string, input: unknown): Promise<unknown> {
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
        this.#logger.error(`${operation} broke its contract: ${String(error)}`);
        throw error;
      }
    });
  }

  /** The details stay in the log of this process, under the id of the request. */
  #hide(error: unknown, operation: string): PortError {
    this.#logger.error(`${operation} failed`, error instanceof Error ? error.stack : String(error));
    return PortError.of('internal_error', 'The request could not be completed.');
  }
}
