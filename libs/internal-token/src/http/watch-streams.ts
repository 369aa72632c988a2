import { AsyncResource } from 'node:async_hooks';
import { StreamableFile } from '@nestjs/common';
import type { HttpAdapterHost } from '@nestjs/core';
import type { ServerResponse } from 'node:http';

type Adapter = HttpAdapterHost['httpAdapter'];
type Answer = (failure: unknown, request: unknown, response: unknown) => void;

/** Express' response, and Fastify's reply: what is needed of both. */
interface AnyResponse {
  readonly raw?: ServerResponse;
  readonly headersSent?: boolean;
  readonly req?: unknown;
  readonly request?: unknown;
  removeHeader(name: string): unknown;
}

/** What describes the file, and not the answer that takes its place. */
const OF_THE_FILE = ['Content-Disposition', 'Content-Length', 'Transfer-Encoding'];
const NESTS_OWN = String(new StreamableFile(new Uint8Array()).errorHandler);
const watched = new WeakSet<Adapter>();

/**
 * Has the failure of a `StreamableFile` answered like every other one. Express would say 400 in plain text, and Fastify
 * breaks off without a word in the log. A file with an error handler of its own (`setErrorHandler()`) keeps it.
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
  // A stream has the context of whoever made it; the answer is this request's.
  const fail = AsyncResource.bind((failure: unknown) => {
    // All of the file is out: it may end well.
    if (stream.readableEnded && (raw ?? response).headersSent) return file.errorLogger(failure as Error);
    for (const name of OF_THE_FILE) if (!(raw ?? response).headersSent) response.removeHeader(name);
    answer(failure, response.request ?? response.req, response);
  });
  if (raw === undefined) return void file.setErrorHandler(fail);
  // Fastify hands a failure to the exception layer while no byte is out, and none after.
  stream.once('error', (failure: Error) => {
    if (raw.headersSent) return fail(failure);
    for (const name of OF_THE_FILE) response.removeHeader(name);
  });
  // Called where a chunk can not be written, whose error would say that it is the client's.
  file.setErrorLogger((failure) => {
    if (raw.headersSent) fail(failure);
    else Object.assign(failure, { status: 500, statusCode: 500 });
  });
}
