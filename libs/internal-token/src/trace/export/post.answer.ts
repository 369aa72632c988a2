import { isObject } from '../reading/members.js';
import { printable } from '../reading/printable.js';
import type { Endpoint } from './post.target.js';

/** Bytes of an answer that are looked at. */
const MAX_ANSWER = 65_536;
/** Characters of it that are shown. */
const MAX_EXCERPT = 200;

/** The beginning of an answer's body; the rest is not waited for. */
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

/** Text from outside on one line, in visible characters, without what was sent in secret. */
export function excerpt(text: string, { secrets }: Pick<Endpoint, 'secrets'>): string {
  let clean = text;
  for (const secret of secrets.toSorted((a, b) => b.length - a.length)) clean = clean.replaceAll(secret, '[redacted]');
  return printable(clean.replace(/\s+/g, ' ').trim(), MAX_EXCERPT);
}

/** What a collector of the OpenTelemetry protocol took only in part, or remarks. */
export interface PartialSuccess {
  readonly rejected: number;
  readonly remark?: string;
}

/** Reads `ExportTraceServiceResponse`. Whatever cannot be read rejects nothing: the status was a success. */
export function partialSuccess(answer: string): PartialSuccess {
  const { rejectedSpans, errorMessage } = partOf(parsed(answer));
  // A 64-bit number may be a text in JSON.
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
