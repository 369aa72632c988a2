import type { Server } from 'node:http';
import {
  type BeforeApplicationShutdown,
  type DynamicModule,
  Inject,
  Module,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { HttpAdapterHost, ModuleRef } from '@nestjs/core';
import { InternalTokenVerifier, option, OptionPath } from '../core/index.js';
import { KeyRing } from '../gateway/key-ring/index.js';
import { GracefulShutdown } from '../nest/index.js';
import { followDirectory } from './follow-directory.js';
import { DevPage } from './dev-page.js';
import { LiveLog } from './live-log.js';
import { TokenInspector } from './token-inspector.js';

/** Options of `DevPageModule.forRoot()`. */
export interface DevPageOptions {
  /** The directory in which the processes of this working copy write their logs. Every `*.ndjson` in it is read. */
  readonly logDirectory: string;
}

const OPTIONS = Symbol('DevPageOptions');

const checkOptions = option.group({
  logDirectory: option.text('the path of the directory with the lines of this working copy'),
} satisfies option.ChecksOf<DevPageOptions>);

/**
 * Serves `/__dev` on the gateway's public listener, for development: live requests, where their time goes, which
 * service calls which, the content of a token, and the keys. Import it dynamically, so that production never loads it:
 *
 * ```ts
 * const { DevPageModule } = await import('nestjs-internal-token/dev');
 * ```
 *
 * It answers only clients on this machine, and only if the listener is bound to loopback. It needs
 * `InternalTokenModule` and `InternalTokenIssuingModule`.
 */
@Module({})
export class DevPageModule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #log: LiveLog;

  constructor(
    @Inject(OPTIONS) { logDirectory }: DevPageOptions,
    private readonly host: HttpAdapterHost,
    private readonly modules: ModuleRef,
  ) {
    this.#log = new LiveLog(followDirectory(logDirectory));
  }

  /** @throws InternalTokenError `configuration_invalid`, naming the option */
  static forRoot(options: DevPageOptions): DynamicModule {
    const checked = checkOptions(options, new OptionPath('DevPageModule'));
    return { module: DevPageModule, providers: [{ provide: OPTIONS, useValue: checked }] };
  }

  /** Attached after the request hook, so that it runs before it. */
  onApplicationBootstrap(): void {
    const ring = this.modules.get(KeyRing, { strict: false });
    const verifier = this.modules.get(InternalTokenVerifier, { strict: false });
    const page = new DevPage({ log: this.#log, ring, inspector: new TokenInspector(verifier, ring) });
    page.attach(this.host.httpAdapter.getHttpServer() as Server);
    const { draining } = this.modules.get(GracefulShutdown, { strict: false });
    draining.addEventListener('abort', () => this.#log.close(), { once: true });
  }

  /** Open pages would delay the shutdown. */
  beforeApplicationShutdown(): void {
    this.#log.close();
  }
}
