import { Controller, type DynamicModule, Get, HttpStatus, Inject, Logger, Module, Optional, Res } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { GracefulShutdown, NoInternalToken } from 'nestjs-internal-token';

/** What must be ready before this process accepts requests. */
export type ReadinessCheck = abstract new (...args: never[]) => { readonly ready: boolean };

const CHECKS = Symbol('ReadinessChecks');

interface Readiness {
  readonly status: 'ready' | 'waiting' | 'shutting down';
  /** The names of the checks that are not ready. */
  readonly waitingFor?: readonly string[];
}

/** Fastify's reply, and Express' response. */
interface HealthResponse {
  status(code: number): unknown;
  header(name: string, value: string): unknown;
}

@Controller('health')
@NoInternalToken()
export class HealthController {
  readonly #logger = new Logger('Health');
  #told = '';

  constructor(
    private readonly modules: ModuleRef,
    @Inject(CHECKS) private readonly checks: readonly ReadinessCheck[],
    @Optional() private readonly shutdown?: GracefulShutdown,
  ) {}

  /** The process answers. */
  @Get('live')
  live(): { status: string } {
    return { status: 'live' };
  }

  /** The process can also serve: its keys are loaded. Waiting is not a failure, so a probe is not logged as one. */
  @Get('ready')
  ready(@Res({ passthrough: true }) response: HealthResponse): Readiness {
    if (this.shutdown?.begun) {
      unavailable(response);
      return { status: 'shutting down' };
    }
    const waitingFor = this.checks
      .filter((check) => !this.modules.get(check, { strict: false }).ready)
      .map(({ name }) => name);
    this.#tell(waitingFor.join(', '));
    if (waitingFor.length === 0) return { status: 'ready' };
    unavailable(response);
    return { status: 'waiting', waitingFor };
  }

  /** Probes come every few seconds, so only changes are logged. */
  #tell(waiting: string): void {
    if (waiting === this.#told) return;
    this.#told = waiting;
    if (waiting === '') this.#logger.log('Ready');
    else this.#logger.warn(`Not ready, waiting for: ${waiting}`);
  }
}

function unavailable(response: HealthResponse): void {
  response.status(HttpStatus.SERVICE_UNAVAILABLE);
  response.header('Retry-After', '1');
}

@Module({})
export class HealthModule {
  static of(...checks: readonly ReadinessCheck[]): DynamicModule {
    return {
      module: HealthModule,
      controllers: [HealthController],
      providers: [{ provide: CHECKS, useValue: checks }],
    };
  }
}
