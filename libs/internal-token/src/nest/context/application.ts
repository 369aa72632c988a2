import { Inject, Injectable } from '@nestjs/common';
import { RESOLVED_OPTIONS, type ResolvedOptions } from '../internal-token.options.js';

/**
 * Identifies one application of a process. Every context belongs to one, so that the configuration of an application is
 * never applied to the requests of another; in tests, several run in one process.
 */
@Injectable()
export class Application {
  readonly service: string;

  constructor(@Inject(RESOLVED_OPTIONS) options: Pick<ResolvedOptions, 'service'>) {
    this.service = options.service;
  }
}
