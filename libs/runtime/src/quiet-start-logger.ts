import { InternalTokenLogger } from 'nestjs-internal-token/logging';

const ASSEMBLY = new Set(['InstanceLoader', 'RoutesResolver', 'RouterExplorer']);

/** The error that ends a start is reported once, by `startApplication` and `runMain`. */
const FAILED_START = new Set(['ExceptionHandler', 'NestApplication']);

/** Drops Nest's lines about every module and route: forty lines before the first interesting one. */
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
