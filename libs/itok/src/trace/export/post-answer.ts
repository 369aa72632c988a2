import { isObject } from '../reading/members.js';
import { printable } from '../reading/printable.js';
import type { Endpoint } from './post-target.js';

/** Most bytes of an answer that are read. */
const MAX_ANSWER = 65_536;
/** Most characters of an answer that are shown. */
const MAX_EXCERPT = 200;

/** The beginning of an answer's body; the rest is not read. */
export async function readAnswer({ body }: Response): Promise<string> {
  if (body === null) return '';
  const chunks: Uint8Array[] = [];
  let size = 0;
  // Leaving the loop cancels the stream.
  for await (const chunk of body) {
    chunks.push(chunk);
    size += chunk.byteLength;
    if (size >= MAX_ANSWER) break;
  }
  return Buffer.concat(chunks).subarray(0, MAX_ANSWER).toString('utf8');
}

/** External text on one line, in visible characters, with secrets redacted. */
export function excerpt(text: string, { secrets }: Pick<Endpoint, 'secrets'>): string {
  let clean = text;
  for (const secret of secrets.toSorted((a, b) => b.length - a.length)) clean = clean.replaceAll(secret, '[redacted]');
  return printable(clean.replace(/\s+/g, ' ').trim(), MAX_EXCERPT);
}

/** The rejected spans and the message in the answer of an OTLP collector. */
export interface PartialSuccess {
  readonly rejected: number;
  readonly remark?: string;
}

/** Reads `ExportTraceServiceResponse`. An unreadable body rejects nothing: the status was a success. */
export function partialSuccess(answer: string): PartialSuccess {
  const { rejectedSpans, errorMessage } = partOf(parsed(answer));
  // JSON may carry a 64-bit number as text.
  const rejected = typeof rejectedSpans === 'number' || typeof rejectedSpans === 'string' ? Number(rejectedSpans) : 0;
  return {
    rejected: Number.isSafeInteger(rejected) && rejected > 0 ? rejected : 0,
    ...(typeof errorMessage === 'string' && errorMessage !== '' && { remark: errorMessage }),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function partOf(answer: unknown): Readonly<Record<string, unknown>> {
  const part = isObject(answer) ? answer['partialSuccess'] : undefined;
  return isObject(part) ? part : {};
}
