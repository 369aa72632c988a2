import { InternalTokenLogger } from 'nestjs-internal-token/logging';

const ASSEMBLY = new Set(['InstanceLoader', 'RoutesResolver', 'RouterExplorer']);

/** What ends a start is told once, by `startApplication` and `runMain`, and in words. */
const FAILED_START = new Set(['ExceptionHandler', 'NestApplication']);

/** Nest tells of every module and route it assembles: forty lines before the first that a person looks for. */
export class QuietStartLogger extends InternalTokenLogger {
  override log(message: unknown, ...more: unknown[]): void {
    if (ASSEMBLY.has(more.at(-1) as string)) this.debug(message, ...more);
    else super.log(message, ...more);
  }

  override error(message: unknown, ...more: unknown[]): void {
    if (FAILED_START.has(more.at(-1) as string)) this.debug(message, ...more);
    else super.error(message, ...more);
  }
}
