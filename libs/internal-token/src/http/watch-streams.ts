import { AsyncResource } from 'node:async_hooks';
import { StreamableFile } from '@nestjs/common';
import type { HttpAdapterHost } from '@nestjs/core';
import type { ServerResponse } from 'node:http';

type Adapter = HttpAdapterHost['httpAdapter'];
type Answer = (failure: unknown, request: unknown, response: unknown) => void;

/** The parts of Express' response and Fastify's reply that are used here. */
interface AnyResponse {
  readonly raw?: ServerResponse;
  readonly headersSent?: boolean;
  readonly req?: unknown;
  readonly request?: unknown;
  removeHeader(name: string): unknown;
}

/** Headers that describe the file and not the error response that replaces it. */
const OF_THE_FILE = ['Content-Disposition', 'Content-Length', 'Transfer-Encoding'];
const NESTS_OWN = String(new StreamableFile(new Uint8Array()).errorHandler);
const watched = new WeakSet<Adapter>();

/**
 * Answers a `StreamableFile` that fails like every other failure. By default Express answers 400 in plain text, and
 * Fastify breaks off without a log line. A file with its own error handler (`setErrorHandler()`) keeps it.
 */
export function watchStreams(adapter: Adapter, answer: Answer): void {
  if (watched.has(adapter)) return;
  watched.add(adapter);
  const reply = adapter.reply.bind(adapter) as (response: unknown, body: unknown, status?: number) => unknown;
  adapter.reply = (response: unknown, body: unknown, status?: number): unknown => {
    if (body instanceof StreamableFile) watch(body, response as AnyResponse, answer);
    return reply(response, body, status);
  };
}

function watch(file: StreamableFile, response: AnyResponse, answer: Answer): void {
  if (String(file.errorHandler) !== NESTS_OWN) return;
  const stream = file.getStream();
  const { raw } = response;
  // A stream emits in the context in which it was created; answer in that of this request.
  const fail = AsyncResource.bind((failure: unknown) => {
    // The whole file has been sent, so the response may complete.
    if (stream.readableEnded && (raw ?? response).headersSent) return file.errorLogger(failure as Error);
    for (const name of OF_THE_FILE) if (!(raw ?? response).headersSent) response.removeHeader(name);
    answer(failure, response.request ?? response.req, response);
  });
  if (raw === undefined) return void file.setErrorHandler(fail);
  // Fastify passes a failure to the exception layer only while no byte has been sent.
  stream.once('error', (failure: Error) => {
    if (raw.headersSent) return fail(failure);
    for (const name of OF_THE_FILE) response.removeHeader(name);
  });
  // Called when a chunk cannot be written; the error itself would blame the client.
  file.setErrorLogger((failure) => {
    if (raw.headersSent) fail(failure);
    else Object.assign(failure, { status: 500, statusCode: 500 });
  });
}
