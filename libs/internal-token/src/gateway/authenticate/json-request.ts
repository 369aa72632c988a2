import { type Agent, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { withoutPropagation } from '../../core/index.js';

export interface JsonRequest {
  readonly url: string;
  /** A form body makes the request a POST. */
  readonly form?: string;
  readonly authorization?: string;
  readonly signal?: AbortSignal;
  readonly agent?: Agent;
  /** For the whole exchange, including the connection. Default 5000. */
  readonly timeoutMs?: number;
}

export interface JsonAnswer {
  readonly status: number;
  /** Present only with status 200. */
  readonly body?: Readonly<Record<string, unknown>>;
}

const TIMEOUT_MS = 5000;
const MAX_BYTES = 256 * 1024;

/**
 * Sends one request to an identity provider. Follows no redirects, accepts no compression, and reads at most 256 KiB in
 * at most five seconds, so a misbehaving provider causes a failed request and no more.
 * Errors say what went wrong and quote nothing that was sent or received.
 */
export async function requestJson(question: JsonRequest): Promise<JsonAnswer> {
  const timeout = AbortSignal.timeout(question.timeoutMs ?? TIMEOUT_MS);
  const signal = question.signal === undefined ? timeout : AbortSignal.any([timeout, question.signal]);
  const { status, text } = await withoutPropagation(() => exchange(question, signal));
  if (status !== 200) return { status };
  const body = parse(text);
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new Error('the answer is not a JSON object');
  return { status, body: body as Record<string, unknown> };
}

function exchange(question: JsonRequest, signal: AbortSignal): Promise<{ status: number; text: string }> {
  const { url, form, authorization, agent } = question;
  const send = url.startsWith('https:') ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const fail = (reason: string): void => {
      reject(new Error(reason));
      request.destroy();
    };
    const request = send(url, {
      method: form === undefined ? 'GET' : 'POST',
      agent: agent ?? false,
      signal,
      headers: {
        accept: 'application/json',
        'accept-encoding': 'identity',
        ...(authorization !== undefined && { authorization }),
        ...(form !== undefined && {
          'content-type': 'application/x-www-form-urlencoded',
          'content-length': String(Buffer.byteLength(form)),
        }),
      },
    });
    request.on('error', (error: NodeJS.ErrnoException) => {
      // The provider closed an idle connection just as it was reused; the request was not processed.
      if (request.reusedSocket && error.code === 'ECONNRESET') return resolve(exchange(question, signal));
      fail(signal.aborted ? 'no complete answer in time' : `the connection failed (${error.code ?? error.name})`);
    });
    request.on('response', (response) => {
      const status = response.statusCode ?? 0;
      const encoding = response.headers['content-encoding'] ?? 'identity';
      if (encoding !== 'identity') return fail('the answer is compressed although that was not requested');
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > MAX_BYTES) return fail(`the answer is longer than ${MAX_BYTES} bytes`);
        chunks.push(chunk);
      });
      response.on('end', () => resolve({ status, text: Buffer.concat(chunks).toString('utf8') }));
      response.on('error', () => fail(signal.aborted ? 'no complete answer in time' : 'the answer broke off'));
    });
    request.end(form);
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The error of JSON.parse quotes its input.
    throw new Error('the answer is not JSON');
  }
}
