import { AsyncLocalStorage } from 'node:async_hooks';
import { Inject, Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { keyIdOf, tokenHash, type VerifiedClaims } from '../../core/index.js';
import type { RequestRecord } from '../context/request-record.js';
import { RESOLVED_OPTIONS, type ResolvedOptions } from '../internal-token.options.js';
import { findSingleProvider } from '../find-providers.js';
import { UnverifiedRequests } from '../policy/unverified-requests.js';
import { type ValidationRecord, ValidationSink } from './validation-sink.js';

type Options = Pick<ResolvedOptions, 'service' | 'audit'>;

/** The request whose token was just verified or refused. */
type Attempt = Pick<RequestRecord, 'txn' | 'token' | 'claims' | 'refusal'>;

/** If a sink falls further behind, records are dropped to bound memory. */
const MAX_PENDING = 10_000;

/** Passes a record of every attempt to the application's {@link ValidationSink}, after the request. */
@Injectable()
export class ValidationRecorder implements OnModuleInit, OnApplicationShutdown {
  readonly #logger = new Logger('InternalTokenAudit');
  /** Runs sinks outside the context of the request, so that they see only the record. */
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

  /** The number of records that the sink failed to store or was too slow for. */
  get lost(): number {
    return this.#lost;
  }

  /** @param started of `performance.now` */
  record(attempt: Attempt, started: number): void {
    if (this.#sink === undefined) return;
    if (this.#pending + this.#waiting.length >= MAX_PENDING) return this.#lose(new Error('it is too slow'));
    this.#waiting.push(this.#toRecord(attempt, started));
    if (this.#waiting.length === 1) this.#outsideRequests(() => setImmediate(() => this.#flush()));
  }

  #toRecord({ txn, token, claims, refusal }: Attempt, started: number): ValidationRecord {
    return {
      at: Date.now(),
      service: this.options.service,
      result: claims === undefined ? 'refused' : 'accepted',
      ...(refusal !== undefined && { code: refusal.code }),
      ...(claims !== undefined && { kid: keyIdOf(claims) }),
      txn,
      ...(token !== undefined && { tokenHash: tokenHash(token) }),
      mode: this.unverified.modeOf(),
      durationUs: Math.round((performance.now() - started) * 1000),
      ...(claims !== undefined && this.#included(claims)),
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
    // Log only when the sink starts to fail, and not for every request.
    if (!this.#failing) {
      this.#logger.error(`ValidationSink failed: ${error instanceof Error ? error.message : String(error)}`);
    }
    this.#failing = true;
  }
}
