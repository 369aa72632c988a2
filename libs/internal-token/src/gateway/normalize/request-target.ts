import { InternalTokenError } from '../../core/index.js';

/** A request target that every program reads in the same way. */
export interface RequestTarget {
  /** Path and query as they came, in origin form. */
  readonly url: string;
  /** The authority of an absolute-form target; it replaces `Host` (RFC 9112 section 3.2.2). */
  readonly authority?: string;
  /** True for paths under `/internal` in any spelling, which are never answered on the public listener. */
  readonly internal: boolean;
}

const ABSOLUTE_FORM = /^https?:\/\/([\w.~%:[\]-]+)([/?].*)?$/is;
/** Characters of a path that all programs read alike (RFC 3986 section 3.3, without "%"). */
const PLAIN_PATH = /^[A-Za-z0-9\-_.~!$&'()*+,;=:@/]*$/;
const ENCODED_PATH = /^[A-Za-z0-9\-_.~!$&'()*+,;=:@/%]*$/;
/** A segment that some programs take for "." or "..", with or without parameters after ";". */
const DOT_SEGMENT = /(?:^|\/)\.{1,2}(?:;[^/]*)?(?:\/|$)/;
/** An escape that a second decoding would turn into a separator, a dot or a NUL. */
const HIDDEN_ESCAPE = /%(?:2e|2f|5c|00)/i;
const INTERNAL = /^[\s/]*internal\s*(?:[/;]|$)/;

/**
 * Reads the target of a request and refuses what two programs may read differently: dot segments, encoded slashes and
 * backslashes, control characters, malformed escapes, fragments, bytes outside ASCII.
 * @throws InternalTokenError `invalid_request` (400)
 */
export function readTarget(target: string): RequestTarget {
  let url = target;
  let authority: string | undefined;
  if (target.charCodeAt(0) !== 47 /* / */) {
    const absolute = ABSOLUTE_FORM.exec(target);
    if (!absolute) throw ambiguous('The request target is neither a path nor an absolute URL.');
    authority = absolute[1] ?? '';
    const rest = absolute[2] ?? '';
    url = rest.startsWith('/') ? rest : `/${rest}`;
  }
  if (url.includes('#')) throw ambiguous('The request target has a fragment.');
  const query = url.indexOf('?');
  const path = query === -1 ? url : url.slice(0, query);
  const decoded = PLAIN_PATH.test(path) ? path : decode(path);
  if (decoded.includes('/.') && DOT_SEGMENT.test(decoded)) throw ambiguous('The path has dot segments.');
  const internal = INTERNAL.test(decoded.toLowerCase());
  return authority === undefined ? { url, internal } : { url, authority, internal };
}

function decode(path: string): string {
  if (!ENCODED_PATH.test(path)) throw ambiguous('The path has characters that must be percent-encoded.');
  let decoded = '';
  for (const segment of path.split('/')) {
    let plain: string;
    try {
      plain = decodeURIComponent(segment);
    } catch {
      throw ambiguous('The path has a malformed percent-escape.');
    }
    if (hasControlOrSeparator(plain) || HIDDEN_ESCAPE.test(plain)) {
      throw ambiguous('The path has an encoded separator or control character.');
    }
    decoded += decoded === '' && segment === '' ? '/' : `${plain}/`;
  }
  return decoded.slice(0, -1).normalize('NFKC');
}

function hasControlOrSeparator(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x20 || code === 0x7f || code === 0x2f || code === 0x5c) return true;
  }
  return false;
}

function ambiguous(detail: string): InternalTokenError {
  return new InternalTokenError('invalid_request', detail);
}
