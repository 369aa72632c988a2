import { Inject, Injectable } from '@nestjs/common';
import { RESOLVED_OPTIONS, type ResolvedOptions } from '../internal-token.options.js';

/**
 * One application of a process, compared by identity. A context knows whose it is, so that what is configured for one
 * application is never applied to the requests of another: several run in one process whenever tests do.
 */
@Injectable()
export class Application {
  readonly service: string;

  constructor(@Inject(RESOLVED_OPTIONS) options: Pick<ResolvedOptions, 'service'>) {
    this.service = options.service;
  }
}
