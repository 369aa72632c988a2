import { STATUS_CODES } from 'node:http';
import { HttpException, Inject, Injectable, Logger } from '@nestjs/common';
import { InternalTokenError, type Problem, toProblem } from '../core/index.js';
import { sendProblem } from '../http/index.js';
import type { AdmissionRequest } from '../nest/index.js';
import { accessChallenge } from './access-challenge.js';
import { EDGE_SETTINGS, type EdgeSettings } from './edge.options.js';

const CONTROL = /[\p{Cc}\p{Zl}\p{Zp}]/gu;
const MAX_LOGGED = 500;

/** Answers a request that is not let in. */
@Injectable()
export class EdgeRefusals {
  readonly #logger = new Logger('Edge');

  constructor(@Inject(EDGE_SETTINGS) private readonly settings: Pick<EdgeSettings, 'realm'>) {}

  /**
   * @param authenticating the refusal is about credentials, so that it is answered with a challenge
   * @returns false, for {@link RequestAdmission.admit}
   */
  answer({ response, store }: AdmissionRequest, error: unknown, authenticating = false): false {
    this.#log(error);
    store.span?.fail(error);
    if (response.headersSent) {
      response.destroy();
      return false;
    }
    const challenge = error instanceof InternalTokenError && isAboutToken(error, authenticating);
    if (challenge) {
      const value = accessChallenge(error, this.settings.realm);
      if (value !== undefined) response.setHeader('WWW-Authenticate', value);
    }
    sendProblem(response, problemOf(error, store.txn));
    return false;
  }

  /** Records are an audit's; losing one is no reason to refuse a request. */
  reportSink(error: unknown): void {
    this.#logger.error('the issuance record was not taken', error instanceof Error ? error.stack : undefined);
  }

  #log(error: unknown): void {
    if (error instanceof InternalTokenError || error instanceof HttpException) {
      this.#logger.warn(`refused: ${error.message.replace(CONTROL, '?').slice(0, MAX_LOGGED)}`);
    } else {
      this.#logger.error(
        'the request was refused because of an error',
        error instanceof Error ? error.stack : undefined,
      );
    }
  }
}

function isAboutToken({ code }: InternalTokenError, authenticating: boolean): boolean {
  return authenticating || code !== 'invalid_request';
}

function problemOf(error: unknown, txn: string): Problem {
  if (error instanceof InternalTokenError) {
    // One body for every kind of invalid token: which check failed is nobody's business outside.
    return toProblem(error.code === 'access_token_invalid' ? new InternalTokenError(error.code) : error, txn);
  }
  if (error instanceof HttpException) {
    const status = error.getStatus();
    return problem('policy_refused', status, status < 500 ? error.message : 'Try again in a moment.', txn);
  }
  return problem('internal_error', 500, 'Try again; if it lasts, tell the operators the request id.', txn);
}

function problem(code: string, status: number, detail: string, txn: string): Problem {
  const title = STATUS_CODES[status] ?? 'Error';
  return { type: `urn:nestjs-internal-token:${code}`, title, status, detail, code, request_id: txn };
}
