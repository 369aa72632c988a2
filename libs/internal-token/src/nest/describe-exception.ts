import { HttpException } from '@nestjs/common';
import { STATUS_CODES } from 'node:http';
import { InternalTokenError, type Problem, toProblem } from '../core/index.js';

/**
 * An error that says how to answer it: one of a domain, or one that crossed a port.
 * Any error with these three members counts, whichever library its class comes from.
 */
export interface ProblemError extends Error {
  /** Stable, lower case with underscores: `order_not_found`. */
  readonly code: string;
  /** 400 to 599. */
  readonly status: number;
  /** For the caller. It is not shown for a failure (5xx). */
  readonly detail: string;
}

const MAX_DETAIL = 1_000;
const MAX_ERRORS = 50;

/** The code is HTTP's name of the status, except where this library has its own. */
const CODES: Readonly<Record<number, string>> = { 400: 'invalid_request', 500: 'internal_error' };

/** Parsers quote the body in their messages; it must not get into logs or screenshots. */
const PARSER_MESSAGE = /\bJSON\b.*\bposition\b|is not valid JSON|^Unexpected (?:token|end of)|\bin JSON at\b/i;
const TOKEN = /eyJ[\w-]*(?:\.[\w-]*)*/g;

/**
 * The problem with which an exception is answered. A status of 500 or more is our own failure.
 * @param request `GET /path`, as in the framework's message when no route matches
 */
export function describeException(exception: unknown, request?: string): Problem {
  try {
    return describeKnown(exception, request);
  } catch {
    // Reading the thrown value throws, so nothing can be said about it.
    return describe(500);
  }
}

function describeKnown(exception: unknown, request?: string): Problem {
  if (exception instanceof InternalTokenError) {
    return toProblem(exception);
  }
  if (exception instanceof HttpException) return describeHttpException(exception, request);
  if (isProblemError(exception)) {
    return describe(exception.status, { code: exception.code, detail: exception.detail });
  }
  return describeFrameworkError(exception);
}

/** True for a {@link ProblemError}; false for other libraries' errors with a `code` in capitals or without a detail. */
function isProblemError(error: unknown): error is ProblemError {
  if (!(error instanceof Error)) return false;
  const { code, status, detail } = error as Partial<ProblemError>;
  return (
    typeof code === 'string' &&
    /^[a-z][a-z0-9_.-]{0,63}$/.test(code) &&
    isErrorStatus(status) &&
    typeof detail === 'string'
  );
}

function describeHttpException(exception: HttpException, request?: string): Problem {
  const status = isErrorStatus(exception.getStatus()) ? exception.getStatus() : 500;
  const body = exception.getResponse();
  const { message = exception.message } =
    typeof body === 'object' ? (body as { message?: unknown }) : { message: body };
  const { errorCode } = exception;
  if (status === 404 && request !== undefined && message === `Cannot ${request}`) {
    return toProblem(new InternalTokenError('route_not_found'));
  }
  if (Array.isArray(message)) {
    const errors = message.slice(0, MAX_ERRORS).map((each) => tidy(String(each)));
    return describe(status, { code: errorCode, detail: errors.join('; '), errors });
  }
  return describe(status, { code: errorCode, detail: typeof message === 'string' ? message : undefined });
}

interface Particulars {
  readonly code?: string | undefined;
  readonly detail?: string | undefined;
  readonly errors?: readonly string[];
}

function describe(status: number, { code, detail, errors }: Particulars = {}): Problem {
  const title = STATUS_CODES[status] ?? 'Error';
  const failure = status >= 500;
  return {
    type: 'about:blank',
    title,
    status,
    code: code ?? CODES[status] ?? codeOf(title),
    ...(!failure && detail !== undefined && detail !== title && { detail: tidy(detail) }),
    ...(!failure && errors !== undefined && { errors }),
  };
}

/** Errors of Express, Fastify, `http-errors` and the like have a status, and say whether their message may be shown. */
function describeFrameworkError(error: unknown): Problem {
  if (typeof error !== 'object' || error === null) return describe(500);
  const { statusCode, expose, code, message } = error as Record<string, unknown>;
  const known = typeof expose === 'boolean' || (typeof code === 'string' && code.startsWith('FST_'));
  if (!known || !isErrorStatus(statusCode)) return describe(500);
  return describe(statusCode, { detail: expose !== false && typeof message === 'string' ? message : undefined });
}

function isErrorStatus(status: unknown): status is number {
  return Number.isInteger(status) && Number(status) >= 400 && Number(status) <= 599;
}

function tidy(detail: string): string {
  if (PARSER_MESSAGE.test(detail)) return 'The body is not valid JSON.';
  const clean = detail.replace(TOKEN, '[redacted]');
  return clean.length > MAX_DETAIL ? `${clean.slice(0, MAX_DETAIL)}…` : clean;
}

function codeOf(title: string): string {
  return title
    .toLowerCase()
    .replace(/'/g, '')
    .replace(/[^a-z0-9]+/g, '_');
}
