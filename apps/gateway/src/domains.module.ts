import { type DynamicModule, Module } from '@nestjs/common';
import type { Domain } from './domains.js';

/** The domains of this process, and their ports for each other: global, because a domain knows no neighbour. */
@Module({})
export class DomainsModule {
  static with(domains: readonly Domain[]): DynamicModule {
    const ports = domains.map(({ port }) => port);
    return {
      module: DomainsModule,
      global: true,
      imports: domains.map(({ module }) => module),
      providers: ports,
      exports: ports,
    };
  }
}
