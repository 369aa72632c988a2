import { Controller, type DynamicModule, Get, Inject, Module, ServiceUnavailableException } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { NoInternalToken } from 'nestjs-internal-token';

/** What has to be ready before this process takes requests. */
export type ReadinessCheck = abstract new (...args: never[]) => { readonly ready: boolean };

const CHECKS = Symbol('ReadinessChecks');

@Controller('health')
@NoInternalToken()
export class HealthController {
  constructor(
    private readonly modules: ModuleRef,
    @Inject(CHECKS) private readonly checks: readonly ReadinessCheck[],
  ) {}

  /** The process answers. */
  @Get('live')
  live(): { status: string } {
    return { status: 'live' };
  }

  /** It can also serve: its keys are loaded. */
  @Get('ready')
  ready(): { status: string } {
    const waiting = this.checks.filter((check) => !this.modules.get(check, { strict: false }).ready);
    if (waiting.length === 0) return { status: 'ready' };
    throw new ServiceUnavailableException(`Waiting for: ${waiting.map(({ name }) => name).join(', ')}`);
  }
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
