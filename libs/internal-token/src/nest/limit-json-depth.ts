import type { IncomingMessage } from 'node:http';
import { InternalTokenError } from '../core/index.js';

const [QUOTE, BACKSLASH] = [0x22, 0x5c];
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/**
 * Counts the nesting of a JSON body while it arrives, before any parser sees it: parsers need twenty times as long for a
 * megabyte of `[` as for one of numbers, and what walks the value afterwards may run out of stack. Works on the bytes,
 * which is why JSON has to come in UTF-8 (RFC 8259, section 8.1) and without a content coding.
 *
 * @param max levels of arrays and objects
 * @param refuse called once, at the first level too many; the body ends there for everybody who reads it
 * @throws InternalTokenError `invalid_request` (415) if the bytes cannot be read
 */
export function limitJsonDepth(raw: IncomingMessage, max: number, refuse: (error: InternalTokenError) => void): void {
  const { 'content-type': type = '', 'content-encoding': coding = 'identity' } = raw.headers;
  if (!/json/i.test(type)) return;
  assertUtf8(type);
  if (coding.toLowerCase() !== 'identity') throw unreadable('Send JSON without Content-Encoding.');

  const nesting = new JsonNesting();
  let refused = false;
  const passes = (chunk: unknown, encoding?: BufferEncoding): boolean => {
    if (refused) return false;
    if (chunk === null || chunk === undefined) return true;
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk, encoding) : (chunk as Uint8Array);
    if (nesting.within(max, bytes)) return true;
    refused = true;
    refuse(new InternalTokenError('json_too_deep', `More than ${max} levels of arrays and objects.`));
    return false;
  };

  const push = raw.push.bind(raw);
  raw.push = (chunk: unknown, encoding?: BufferEncoding) => !passes(chunk, encoding) || push(chunk, encoding);
  // What came while something was asked about the request.
  const early: unknown = raw.readableLength > 0 ? raw.read() : null;
  if (early !== null && passes(early)) raw.unshift(early);
}

/** How deep a JSON text is nested so far; it comes in pieces. Of a text that is no JSON it may say anything. */
class JsonNesting {
  #depth = 0;
  #inString = false;
  #escaped = false;

  within(max: number, bytes: Uint8Array): boolean {
    let [depth, inString, escaped] = [this.#depth, this.#inString, this.#escaped];
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at];
      if (inString) {
        if (escaped) escaped = false;
        else if (byte === BACKSLASH) escaped = true;
        else if (byte === QUOTE) inString = false;
      } else if (byte === QUOTE) inString = true;
      else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) {
        if (++depth > max) return false;
      } else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) depth--;
    }
    [this.#depth, this.#inString, this.#escaped] = [depth, inString, escaped];
    return true;
  }
}

/** Also one that is said twice, or escaped: what another reader might take for the charset. */
function assertUtf8(type: string): void {
  const said = type.match(/charset/gi)?.length ?? 0;
  const utf8 = type.match(/;\s*charset="?utf-?8"?\s*(?=;|$)/gi)?.length ?? 0;
  if (said !== utf8) throw unreadable('Send JSON in UTF-8.');
}

function unreadable(detail: string): InternalTokenError {
  return new InternalTokenError('invalid_request', detail, { status: 415 });
}
