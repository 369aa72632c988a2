import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Problem, sendProblem } from '../core/index.js';

/** Refuses a request with an HTTP status. The message is for the caller. */
export class DevPageRefusal extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    detail: string,
    readonly fields: Readonly<Record<string, string>> = {},
  ) {
    super(detail);
  }
}

/** Sets the headers of every answer: it must not be cached, framed or sniffed. */
export function protect(response: ServerResponse): void {
  const fields = {
    'Cache-Control': 'no-store',
    'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
  };
  for (const [name, value] of Object.entries(fields)) response.setHeader(name, value);
}

/** @param policy the content security policy; without it, the page may load and run nothing */
export function sendPage(response: ServerResponse, html: string, policy: string): void {
  response.setHeader('Content-Security-Policy', policy);
  send(response, 'text/html; charset=utf-8', html);
}

export function sendData(response: ServerResponse, data: unknown): void {
  send(response, 'application/json; charset=utf-8', JSON.stringify(data));
}

export function refuse(response: ServerResponse, { status, title, message, fields }: DevPageRefusal): void {
  for (const [name, value] of Object.entries(fields)) response.setHeader(name, value);
  const problem: Problem = { type: 'about:blank', title, status, detail: message, code: 'dev_page' };
  sendProblem(response, problem);
}

function send(response: ServerResponse, type: string, text: string): void {
  if (response.destroyed) return;
  const body = Buffer.from(text);
  response.writeHead(200, { 'Content-Type': type, 'Content-Length': body.byteLength });
  response.end(body);
}

/**
 * The JSON of a small request body.
 * @throws DevPageRefusal 413, 415, 417 or 400
 */
export async function readJson(request: IncomingMessage, limitBytes: number): Promise<unknown> {
  const { headers } = request;
  const [type = ''] = (headers['content-type'] ?? '').split(';');
  if (type.trim().toLowerCase() !== 'application/json' || headers['content-encoding'] !== undefined) {
    throw new DevPageRefusal(415, 'Unsupported Media Type', 'Send plain application/json.');
  }
  if (headers.expect !== undefined) {
    throw new DevPageRefusal(417, 'Expectation Failed', 'Send the body at once.');
  }
  const tooLarge = new DevPageRefusal(413, 'Content Too Large', `Send a body of at most ${limitBytes} bytes.`);
  if (Number(headers['content-length'] ?? 0) > limitBytes) throw tooLarge;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    if (bytes > limitBytes) throw tooLarge;
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown;
  } catch {
    throw new DevPageRefusal(400, 'Bad Request', 'The body is not JSON.');
  }
}
