import { Inject, Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { KeyStore, type KeyStoreEvent } from '../core/index.js';
import { RESOLVED_OPTIONS, type ResolvedOptions } from './internal-token.options.js';

/**
 * Loads the public keys when the application starts. A source that cannot be reached yet does not stop the start:
 * requests are answered 503 until it can.
 */
@Injectable()
export class KeyLoader implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger('InternalTokenKeys');
  readonly store: KeyStore;

  constructor(@Inject(RESOLVED_OPTIONS) private readonly options: Pick<ResolvedOptions, 'keys'>) {
    this.store = new KeyStore({ source: options.keys, onEvent: (event) => this.report(event) });
  }

  async onModuleInit(): Promise<void> {
    await this.store.start();
  }

  onModuleDestroy(): void {
    this.store.close();
  }

  private report(event: KeyStoreEvent): void {
    const source = this.options.keys.description;
    if (event.type === 'loaded') this.logger.debug(`Keys from ${source}: ${event.keyIds.join(', ')}`);
    else if (event.type === 'load_failed') this.logger.warn(`No keys from ${source}: ${event.reason}`);
    else this.logger.warn(`A key from ${source} is refused: ${event.keyId ?? 'without kid'}: ${event.reason}`);
  }
}
