import { count, plural } from '../format.js';
import type { TraceReport } from '../report.js';
import { type ExportedSpan, exportedSpans } from './exported-span.js';
import { otlpRequest } from './otlp.js';
import { excerpt, partialSuccess, readAnswer } from './post-answer.js';
import { PostError } from './post-error.js';
import { type Endpoint, endpointOf, type PostTarget, type SpanFormat } from './post-target.js';
import { zipkinSpan } from './zipkin.js';

/** Most spans in one request. */
const MAX_SPANS = 1_000;
/** Most bytes of one request, below the default limit of collectors; a single span may be larger. */
const MAX_BYTES = 4 * 1024 * 1024;

/** The result of sending spans. */
export interface PostReport {
  /** The address that accepted them, without credentials. */
  readonly to: string;
  readonly requests: number;
  /** Spans that were sent and not rejected. */
  readonly accepted: number;
  /** Spans that the collector reports as rejected. */
  readonly rejected: number;
  /** The collector's messages about rejected spans, without duplicates; shortened, in visible characters. */
  readonly remarks: readonly string[];
}

/**
 * Sends requests to a backend, one batch of at most 1,000 spans after the other. Does not follow redirects and does not
 * retry.
 *
 * ```ts
 * const { accepted, rejected } = await postSpans(traces, { url: 'http://127.0.0.1:4318' });
 * ```
 * @throws PostError
 */
export async function postSpans(traces: readonly TraceReport[], target: PostTarget): Promise<PostReport> {
  const { format = 'otlp', timeoutMs = 10_000, signal } = target;
  const endpoint = endpointOf(target);
  const remarks = new Set<string>();
  const all = [...exportedSpans(traces)];
  let [requests, accepted, rejected] = [0, 0, 0];
  const stopped = (onTheWay: number): PostError =>
    new PostError('stopped', whatBecame(endpoint, { accepted, rejected, onTheWay, all: all.length }));
  for (const { spans, text } of portions(all, format)) {
    if (signal?.aborted) throw stopped(0);
    const answer = await post(endpoint, text, { timeoutMs, signal }, accepted).catch((error: unknown) => {
      throw signal?.aborted ? stopped(spans) : error;
    });
    const part = format === 'otlp' ? partialSuccess(answer) : { rejected: 0 };
    requests++;
    rejected += Math.min(part.rejected, spans);
    accepted += spans - Math.min(part.rejected, spans);
    if (part.remark !== undefined) remarks.add(excerpt(part.remark, endpoint));
  }
  return { to: endpoint.shown, requests, accepted, rejected, remarks: [...remarks] };
}

/** The message when the caller aborts. Spans in flight may or may not have arrived. */
function whatBecame(
  { shown }: Endpoint,
  { accepted, rejected, onTheWay, all }: Readonly<Record<'accepted' | 'rejected' | 'onTheWay' | 'all', number>>,
): string {
  const were = (spans: number, what: string): string[] =>
    spans === 0 ? [] : [`${count(spans)} ${spans === 1 ? 'was' : 'were'} ${what}`];
  const facts = [
    `Stopped: ${shown} accepted ${count(accepted)} of ${plural(all, 'span')}`,
    ...were(rejected, 'rejected'),
    ...were(onTheWay, 'in flight and may have arrived'),
    ...were(all - accepted - rejected - onTheWay, 'not sent'),
  ];
  return `${facts.join('; ')}. Spans keep their ids when sent again.`;
}

interface Portion {
  readonly spans: number;
  readonly text: string;
}

function* portions(spans: readonly ExportedSpan[], format: SpanFormat): Generator<Portion> {
  for (let from = 0; from < spans.length; from += MAX_SPANS)
    yield* fitting(spans.slice(from, from + MAX_SPANS), format);
}

function* fitting(spans: readonly ExportedSpan[], format: SpanFormat): Generator<Portion> {
  const text = JSON.stringify(format === 'otlp' ? otlpRequest(spans) : spans.map(zipkinSpan));
  if (spans.length === 1 || Buffer.byteLength(text) <= MAX_BYTES) {
    yield { spans: spans.length, text };
    return;
  }
  const half = spans.length >> 1;
  yield* fitting(spans.slice(0, half), format);
  yield* fitting(spans.slice(half), format);
}

/** @returns the beginning of the body of a successful answer */
async function post(
  endpoint: Endpoint,
  body: string,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal | undefined },
  before: number,
): Promise<string> {
  const { url, headers, shown } = endpoint;
  const fail = (failure: PostError['failure'], what: string, status?: number): PostError => {
    const sent = before === 0 ? '' : ` ${count(before)} earlier spans were accepted.`;
    return new PostError(failure, `${shown} ${what}.${sent}`, status);
  };
  try {
    const timeout = AbortSignal.timeout(timeoutMs);
    const end = signal === undefined ? timeout : AbortSignal.any([timeout, signal]);
    const response = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal: end });
    const { status, ok } = response;
    if (status >= 300 && status < 400) {
      await response.body?.cancel();
      throw fail('redirected', `answers with a redirect (${status}): give the address it redirects to`, status);
    }
    const answer = await readAnswer(response);
    if (ok) return answer;
    const said = excerpt(answer, endpoint);
    throw fail('refused', `answers ${status}${said === '' ? '' : ` "${said}"`}: ${whatToDo(status)}`, status);
  } catch (error) {
    if (error instanceof PostError) throw error;
    if (memberOf(error, 'name') === 'TimeoutError') {
      throw fail('timeout', `did not answer within ${timeoutMs / 1000} s: check whether it is overloaded`);
    }
    throw fail(
      'unreachable',
      `cannot be reached (${reasonOf(error, endpoint)}): check that it is running and listening there`,
    );
  }
}

/** fetch() keeps the reason in the cause. */
function reasonOf(error: unknown, endpoint: Endpoint): string {
  const cause = memberOf(error, 'cause') ?? error;
  // When several addresses were tried, only the code is left.
  const said = [memberOf(cause, 'message'), memberOf(cause, 'code'), memberOf(cause, 'name')];
  return excerpt(said.find((text): text is string => typeof text === 'string' && text !== '') ?? 'no reason', endpoint);
}

/** A thrown value need not be an `Error` of this realm: a timeout is not. */
function memberOf(thrown: unknown, name: string): unknown {
  return typeof thrown === 'object' && thrown !== null ? (thrown as Record<string, unknown>)[name] : undefined;
}

function whatToDo(status: number): string {
  if (status === 401 || status === 403) return "give its credentials with --header 'Authorization: …'";
  if (status === 404 || status === 405) return 'check that the address has the right path for this format';
  if (status === 413) return 'the request is too large for it; raise its limit';
  if (status === 415)
    return 'it does not accept JSON; send to a receiver that does, such as an OpenTelemetry collector';
  if (status === 429 || status >= 500) return 'try again later; the spans keep their ids';
  return 'check that it accepts this format; --zipkin selects the other one';
}
