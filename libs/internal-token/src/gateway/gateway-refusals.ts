import { Inject, Injectable, Logger } from '@nestjs/common';
import { InternalTokenError } from '../core/index.js';
import { describeException, sendRefusal } from '../nest/index.js';
import { accessChallenge } from './authenticate/access-challenge.js';
import { RESOLVED_EDGE_OPTIONS, type ResolvedEdgeOptions } from './edge.options.js';
import type { GatewayRequest } from './gateway-request.js';

const CONTROL = /[\p{Cc}\p{Zl}\p{Zp}]/gu;
const MAX_LOGGED = 500;

/** Answers public requests that are not let in: the world outside learns no more than it needs. */
@Injectable()
export class GatewayRefusals {
  readonly #logger = new Logger('Edge');

  constructor(@Inject(RESOLVED_EDGE_OPTIONS) private readonly options: Pick<ResolvedEdgeOptions, 'realm'>) {}

  /** @param thrown by a step of the pipeline */
  answer(request: GatewayRequest, thrown: unknown): void {
    const error = meaningOf(thrown);
    const problem = describeException(shown(error));
    // A version of HTTP that nobody speaks is no failure of this side, though its status looks like one.
    this.#log(error, problem.status >= 500 && problem.status !== 505);
    request.span?.fail(error);
    const challenged = error instanceof InternalTokenError && isAboutToken(error, request.authenticating);
    sendRefusal(request, problem, challenged ? accessChallenge(error, this.options.realm) : undefined);
  }

  #log(error: unknown, failure: boolean): void {
    const text = `refused: ${explain(error).replace(CONTROL, '?').slice(0, MAX_LOGGED)}`;
    if (failure) this.#logger.error(text, error instanceof Error ? error.stack : undefined);
    else this.#logger.warn(text);
  }
}

/** With the reason that the caller is not told: which check failed, which provider did not answer. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (typeof cause === 'string') return `${error.message}: ${cause}`;
  return cause instanceof Error ? `${error.message}: ${cause.message}` : error.message;
}

function isAboutToken({ code }: InternalTokenError, authenticating: boolean): boolean {
  return authenticating || (code !== 'invalid_request' && code !== 'upgrade_refused');
}

/** Nothing can be issued on what is left of the access token: it ended while something was waited for. */
function meaningOf(error: unknown): unknown {
  if (!(error instanceof InternalTokenError) || error.code !== 'txn_expired') return error;
  return new InternalTokenError('access_token_invalid', undefined, { cause: error });
}

/** One answer for every kind of invalid token: which check failed is nobody's business outside. */
function shown(error: unknown): unknown {
  return isInvalidToken(error) ? new InternalTokenError(error.code) : error;
}

function isInvalidToken(error: unknown): error is InternalTokenError {
  return error instanceof InternalTokenError && error.code === 'access_token_invalid';
}
