import { InternalTokenLogger } from 'nestjs-internal-token/logging';

const ASSEMBLY = new Set(['InstanceLoader', 'RoutesResolver', 'RouterExplorer']);

/** Nest tells of every module and route it assembles: forty lines before the first that a person looks for. */
export class QuietStartLogger extends InternalTokenLogger {
  override log(message: unknown, ...more: unknown[]): void {
    if (ASSEMBLY.has(more.at(-1) as string)) this.debug(message, ...more);
    else super.log(message, ...more);
  }
}
