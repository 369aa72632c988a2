import { AsyncLocalStorage } from 'node:async_hooks';
import { Inject, Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { InternalTokenError, keyIdOf, tokenHash, type VerifiedClaims } from '../../core/index.js';
import { RESOLVED_OPTIONS, type ResolvedOptions } from '../internal-token.options.js';
import { findSingleProvider } from '../find-single-provider.js';
import { UnverifiedRequests } from '../policy/unverified-requests.js';
import { type ValidationRecord, ValidationSink } from './validation-sink.js';

type Options = Pick<ResolvedOptions, 'service' | 'audit'>;

/** One attempt as the admission knows it. */
export interface ValidationAttempt {
  readonly txn: string;
  /** The text that was verified, if there was exactly one. */
  readonly token: string | undefined;
  /** Of `performance.now`. */
  readonly started: number;
  readonly outcome: VerifiedClaims | InternalTokenError;
}

/** A sink that has fallen so far behind loses records rather than the process its memory. */
const MAX_PENDING = 10_000;

/** Hands a record of every attempt to the application's {@link ValidationSink}, out of the request's way. */
@Injectable()
export class ValidationRecorder implements OnModuleInit, OnApplicationShutdown {
  readonly #logger = new Logger('InternalTokenAudit');
  /** A sink learns nothing of the request that the record does not say. */
  readonly #outsideRequests = AsyncLocalStorage.snapshot();
  #sink: ValidationSink | undefined;
  #waiting: ValidationRecord[] = [];
  #pending = 0;
  #failing = false;
  #lost = 0;

  constructor(
    private readonly modules: ModulesContainer,
    private readonly unverified: UnverifiedRequests,
    @Inject(RESOLVED_OPTIONS) private readonly options: Options,
  ) {}

  onModuleInit(): void {
    this.#sink = findSingleProvider(this.modules, ValidationSink);
  }

  onApplicationShutdown(): void {
    this.#flush();
  }

  /** Records that the sink failed to take or was too slow for. */
  get lost(): number {
    return this.#lost;
  }

  record(attempt: ValidationAttempt): void {
    if (this.#sink === undefined) return;
    if (this.#pending + this.#waiting.length >= MAX_PENDING) return this.#lose(new Error('it is too slow'));
    this.#waiting.push(this.#toRecord(attempt));
    if (this.#waiting.length === 1) this.#outsideRequests(() => setImmediate(() => this.#flush()));
  }

  #toRecord({ txn, token, started, outcome }: ValidationAttempt): ValidationRecord {
    const refused = outcome instanceof InternalTokenError;
    return {
      at: Date.now(),
      service: this.options.service,
      result: refused ? 'refused' : 'accepted',
      ...(refused ? { code: outcome.code } : { kid: keyIdOf(outcome) }),
      txn,
      ...(token !== undefined && { tokenHash: tokenHash(token) }),
      mode: this.unverified.modeOf(),
      durationUs: Math.round((performance.now() - started) * 1000),
      ...(!refused && this.#included(outcome)),
    };
  }

  #included(claims: VerifiedClaims): Partial<Pick<ValidationRecord, 'userId' | 'tenantId'>> {
    const { include } = this.options.audit;
    return {
      ...(include.includes('userId') && { userId: claims.userId }),
      ...(include.includes('tenantId') && claims.tenantId !== undefined && { tenantId: claims.tenantId }),
    };
  }

  #flush(): void {
    const records = this.#waiting;
    this.#waiting = [];
    for (const record of records) this.#hand(record);
  }

  #hand(record: ValidationRecord): void {
    try {
      const taken = this.#sink?.validated(Object.freeze(record));
      if (taken === undefined) return this.#recovered();
      this.#pending += 1;
      void taken
        .then(
          () => this.#recovered(),
          (error: unknown) => this.#lose(error),
        )
        .finally(() => (this.#pending -= 1));
    } catch (error) {
      this.#lose(error);
    }
  }

  #recovered(): void {
    this.#failing = false;
  }

  #lose(error: unknown): void {
    this.#lost += 1;
    // Once for each time that it begins to fail, or the log would fill at the rate of the requests.
    if (!this.#failing) {
      this.#logger.error(`ValidationSink failed: ${error instanceof Error ? error.message : String(error)}`);
    }
    this.#failing = true;
  }
}
