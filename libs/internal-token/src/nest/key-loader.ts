import { Inject, Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { heldKeys, KeyStore, type KeyStoreEvent } from '../core/index.js';
import { RESOLVED_OPTIONS, type ResolvedOptions } from './internal-token.options.js';

/**
 * Loads the public keys when the application starts, and keeps them fresh. A source that cannot be reached yet does not
 * stop the start: requests are answered 503 until it can.
 */
@Injectable()
export class KeyLoader implements OnModuleInit, OnApplicationShutdown {
  readonly #logger = new Logger('InternalTokenKeys');
  readonly store: KeyStore;

  constructor(
    @Inject(RESOLVED_OPTIONS)
    private readonly options: Pick<ResolvedOptions, 'keys'>,
  ) {
    const { source, refreshSeconds, maxAgeSeconds, seedFile } = options.keys;
    this.store = new KeyStore({
      source,
      refreshSeconds,
      maxKeyAgeSeconds: maxAgeSeconds,
      ...(seedFile !== undefined && { seedFile }),
      onEvent: (event) => this.#report(event),
    });
  }

  async onModuleInit(): Promise<void> {
    await this.store.start();
  }

  onApplicationShutdown(): void {
    this.store.close();
  }

  #report(event: KeyStoreEvent): void {
    const source = this.options.keys.source.description;
    switch (event.type) {
      case 'loaded':
        return this.#reportLoaded(event.keyIds, event.added, event.removed);
      case 'load_failed':
        return this.#logger.warn(`No keys from ${source}: ${event.reason}; ${heldKeys(event)}`);
      case 'key_refused':
        return this.#logger.warn(`A key from ${source} is refused: ${event.keyId ?? 'without kid'}: ${event.reason}`);
      case 'seed_loaded':
        return this.#logger.warn(
          `${source} cannot be read; starting on ${event.keyIds.length} key(s) saved ${event.ageSeconds} s ago. ` +
            'A key withdrawn since then verifies until the source is back, or they are too old',
        );
      case 'seed_failed':
        return this.#logger.warn(
          event.action === 'read'
            ? `The seed file is not used: ${event.reason}`
            : `The seed file is not written: ${event.reason}`,
        );
    }
  }

  #reportLoaded(all: readonly string[], added: readonly string[], removed: readonly string[]): void {
    const source = this.options.keys.source.description;
    this.#logger.debug(`Keys from ${source}: ${all.join(', ')}`);
    if (added.length < all.length && added.length > 0) this.#logger.log(`New keys: ${added.join(', ')}`);
    if (removed.length > 0) this.#logger.log(`Keys withdrawn, their tokens are refused now: ${removed.join(', ')}`);
  }
}
