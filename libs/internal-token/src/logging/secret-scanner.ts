import { secretKind } from './secret-kind.js';

/** Replaces a secret. */
export const REDACTED = '[redacted]';

// Runs of one class of characters. Nothing follows the class, so a match costs its length and never backtracks.
const GAP = /[^\w:-]*/y;
const WORD = /[\w-]*/y;
const TOKEN = /[\w+/=.-]*/y;
const BASE64 = /[\w+/=-]*/y;
const BEARER_VALUE = /[\w.~+/=-]*/y;
const PLAIN_VALUE = /[^\s"'\\&,;}]*/y;
const UNQUOTED = /[^"'\\\r\n]*/y;
const LINE = /[^\r\n]*/y;
const AUTHORITY = /[^\s/"']*/y;
/** Stops where the next address could begin, so that no character is searched twice. */
const AFTER_SLASH = /[^\s"':]*/y;
const PEM_LABEL = /[A-Z0-9 ]*/y;
const DASHES = /-*/y;
const SPACE = /\s*/y;
const BACKSLASHES = /\\*/y;
const QUOTES = /["'\\]*/y;
/** Line breaks, also as escaped by JSON, and by JSON in JSON. */
const LINE_BREAKS = /(?:\s|\\+[rn])*/y;

/** More than the longest name of a secret. */
const MAX_NAME = 48;
/** RFC 7518, section 6. */
const PRIVATE_JWK_MEMBER = /^(?:[dpqk]|d[pq]|qi)$/;
const MIN_JWK_VALUE = 16;

const SCHEME = /(?:^|[-_])(?:basic|bearer|dpop)$/i;
/** Words that are schemes only where a credential is known to follow. */
const MEMBER_SCHEME = /^(?:apikey|basic|bearer|digest|dpop|negotiate|token):?$/i;
/** The words after a scheme in prose about it. */
const ABOUT_SCHEME =
  /^(?:(?:tokens?|schemes?|authentication|authorization|credentials?|access|challenge|proofs?|is|or|and)\.?$|(?:realm|error)=)/i;

/** The base64 of a private key's ASN.1 (PKCS#8, PKCS#1, SEC 1): a sequence that begins with version 0 or 1. */
const PRIVATE_KEY = /M(?:[A-H][AEIMQUYcgkosw048]CAQ[AE]|I[GH][\w+/-]AgE[AB]|I[I-L][\w+/-]{2}[AQgw]IBA)/y;
const PRIVATE_KEY_PREFIX = 9;
const MIN_KEY = 24;
/** The minimum length of a base64 line that is followed by another; PEM has 64 characters, MIME 76. */
const FULL_LINE = 60;

/** Less than the shortest signature, an HMAC of 256 bits. */
const MIN_SIGNATURE = 40;
const PEM_BEGIN = '-----BEGIN';
const PEM_END = '-----END';
const DASHED = '-----';

/**
 * Removes the secrets from one text, front to back, in linear time: each character is read once, or in a run that is
 * read once or twice more. `steps` counts every character that is read.
 */
export class SecretScanner {
  readonly #text: string;
  readonly #cut: boolean;
  #at = 0;
  #copied = 0;
  #clean = '';
  #steps = 0;

  /** @param cut true if the text was cut off, so that what may be the beginning of a secret at its end is removed */
  constructor(text: string, cut = false) {
    this.#text = text;
    this.#cut = cut;
  }

  /** Characters read so far. */
  get steps(): number {
    return this.#steps;
  }

  redact(): string {
    const { length } = this.#text;
    while (this.#at < length) {
      this.#at = this.#run(GAP, this.#at);
      if (this.#text[this.#at] === ':') this.#colon();
      else if (this.#at < length) this.#word(this.#at, this.#run(WORD, this.#at));
    }
    return this.#clean + this.#text.slice(this.#copied);
  }

  #word(start: number, end: number): void {
    this.#at = end;
    const word = this.#slice(start, end);
    if (word.endsWith(PEM_BEGIN) && this.#pem(end)) return;
    if (this.#token(word, start, end) || this.#signature(word, start, end)) return;
    // After a backslash, the letter may belong to an escaped line break or tab, or to the word: try both.
    const escaped = this.#text[start - 1] === '\\' && /^[nrt]/.test(word);
    const key = word.lastIndexOf(DASHED) + 1;
    if (this.#privateKey(start + (key > 0 ? key + DASHED.length - 1 : escaped ? 1 : 0))) return;
    const name = word.slice(-MAX_NAME);
    const names = escaped ? [name, name.slice(1)] : [name];
    if (names.some((each) => SCHEME.test(each))) this.#credentials(end, /basic$/i.test(name));
    else this.#named(names, end);
  }

  /** Credentials in an address: `://user:password@`. */
  #colon(): void {
    this.#at++;
    if (!this.#text.startsWith('//', this.#at)) return;
    this.#at += 2;
    let end = this.#run(AUTHORITY, this.#at);
    let authority = this.#slice(this.#at, end);
    // A password may contain a slash; only digits before a path are a port.
    if (!authority.startsWith('[') && !authority.includes('@') && /:(?!\d*$)/.test(authority)) {
      end = this.#run(AFTER_SLASH, end);
      authority = this.#slice(this.#at, end);
    }
    const at = authority.lastIndexOf('@');
    const open = at < 0 && this.#cut && end === this.#text.length;
    if (authority.slice(0, open ? undefined : Math.max(at, 0)).includes(':')) {
      this.#replace(this.#at, open ? end : this.#at + at);
    }
  }

  #pem(begun: number): boolean {
    const label = this.#run(PEM_LABEL, begun);
    if (!this.#slice(begun, label).includes('PRIVATE KEY')) return false;
    this.#replace(begun - PEM_BEGIN.length, this.#pemEnd(label));
    return true;
  }

  /** The end of the key; without an end marker, that of the text. */
  #pemEnd(from: number): number {
    for (let at = from; ;) {
      const found = this.#text.indexOf(PEM_END, at);
      this.#steps += (found < 0 ? this.#text.length : found) - at;
      if (found < 0) return this.#text.length;
      at = this.#run(PEM_LABEL, found + PEM_END.length);
      if (this.#slice(found, at).includes('PRIVATE KEY')) return this.#run(DASHES, at);
    }
  }

  /**
   * `eyJ` is how base64url of a JSON object begins. At the start of a word it is a token; inside a word
   * (`signingKeyJwks`) only if the rest is long enough for one. The first `eyJ` has the longest rest, so it decides.
   */
  #token(word: string, start: number, end: number): boolean {
    const found = word.indexOf('eyJ');
    if (found < 0) return false;
    const rest = word.length - found;
    const token =
      found === 0 ||
      (rest >= 20 && /\d/.test(word.slice(found))) ||
      (rest >= 8 && this.#text[end] === '.' && this.#run(WORD, end + 1) - end > 10);
    if (token) this.#replace(start + found, this.#run(TOKEN, end));
    return token;
  }

  /** The second half of a token whose beginning is missing, or the first half of one whose end is. */
  #signature(word: string, start: number, end: number): boolean {
    const open = this.#cut && end === this.#text.length && word.length >= 512 && isMixed(word);
    if (!open && (word.length < 4 || this.#text[end] !== '.')) return false;
    const signed = open ? end : this.#run(WORD, end + 1);
    if (!open && (signed - end <= MIN_SIGNATURE || !isMixed(this.#slice(end + 1, signed)))) return false;
    this.#replace(start, this.#run(TOKEN, signed));
    return true;
  }

  #privateKey(start: number): boolean {
    PRIVATE_KEY.lastIndex = start;
    this.#steps += PRIVATE_KEY_PREFIX;
    if (!PRIVATE_KEY.test(this.#text)) return false;
    let end = this.#run(BASE64, start);
    if (end - start < MIN_KEY) return false;
    for (let line = end - start; line >= FULL_LINE;) {
      const next = this.#run(LINE_BREAKS, end);
      const ended = next === end ? next : this.#run(BASE64, next);
      line = ended - next;
      if (line > 0) end = ended;
    }
    this.#replace(start, end);
    return true;
  }

  /** `Bearer` and a value, without the name of the header. `Basic` counts only if a user name and a password follow. */
  #credentials(end: number, basic: boolean): void {
    const from = this.#valueAfterScheme(end);
    const to = this.#run(BEARER_VALUE, from);
    if (from === end || to === from) return;
    const value = this.#slice(from, to);
    if (basic ? Buffer.from(value, 'base64').includes(':') : !ABOUT_SCHEME.test(value)) this.#replace(from, to);
  }

  #valueAfterScheme(end: number): number {
    const from = this.#run(SPACE, end);
    return from === end ? end : this.#run(QUOTES, from);
  }

  /** A name, a separator and a value; if the end of the value is unclear, the rest of the line. */
  #named(names: readonly string[], end: number): void {
    const separator = this.#run(SPACE, this.#run(QUOTES, end));
    const sign = this.#text[separator];
    if (sign !== ':' && sign !== '=' && sign !== ',') return;
    const kinds = names.map(secretKind);
    const isHeader = kinds.includes('header');
    const isMember = sign !== ',' && kinds.includes('member');
    const isKey = sign === ':' && names.some((name) => PRIVATE_JWK_MEMBER.test(name));
    if (!isHeader && !isMember && !isKey) return;
    const from = this.#run(SPACE, separator + 1);
    const quote = this.#run(BACKSLASHES, from);
    const quoted = this.#text[quote] === '"' || this.#text[quote] === "'";
    const value = quoted ? quote + 1 : from;
    if (isKey) {
      const to = quoted ? this.#run(WORD, value) : from;
      if (to - quote > MIN_JWK_VALUE) this.#replace(value, to);
      return;
    }
    // A PEM value spans several lines.
    if (this.#text.startsWith(PEM_BEGIN, value) && this.#pem(value + PEM_BEGIN.length)) return;
    const closed = quoted ? this.#closing(value, quote - from) : undefined;
    if (closed !== undefined && (isMember || this.#endsMember(closed + quote - from + 1))) {
      this.#replace(isHeader ? from : value, isHeader ? closed + quote - from + 1 : closed);
    } else if (isHeader || quoted) this.#replace(from, this.#run(LINE, from));
    else this.#replace(from, this.#plainValue(from));
  }

  /** The end of a value that is one word, or a scheme and its credentials. */
  #plainValue(from: number): number {
    const end = this.#run(PLAIN_VALUE, from);
    return MEMBER_SCHEME.test(this.#slice(from, end)) ? this.#run(BEARER_VALUE, this.#valueAfterScheme(end)) : end;
  }

  /** Where the quote before `from` is closed on its line. A quote with more backslashes is part of the value. */
  #closing(from: number, backslashes: number): number | undefined {
    const quote = this.#text[from - 1];
    for (let at = from; ;) {
      const plain = this.#run(UNQUOTED, at);
      const sign = this.#run(BACKSLASHES, plain);
      if (this.#text[sign] === quote && sign - plain <= backslashes) return plain;
      if (sign >= this.#text.length || /[\r\n]/.test(this.#text[sign] ?? '')) return undefined;
      at = sign + 1;
    }
  }

  #endsMember(at: number): boolean {
    const next = /\s/.test(this.#text[at] ?? '') ? at + 1 : at;
    return next >= this.#text.length || ',}])'.includes(this.#text[next] ?? '');
  }

  #replace(from: number, to: number): void {
    if (to <= from) return;
    this.#clean += this.#text.slice(this.#copied, from) + REDACTED;
    this.#copied = to;
    this.#at = to;
  }

  #run(chars: RegExp, from: number): number {
    chars.lastIndex = from;
    chars.test(this.#text);
    this.#steps += chars.lastIndex - from + 1;
    return chars.lastIndex;
  }

  #slice(from: number, to: number): string {
    this.#steps += to - from;
    return this.#text.slice(from, to);
  }
}

/** True for text that looks like random bytes in base64, and not like a name or hexadecimal digits. */
function isMixed(text: string): boolean {
  return /[a-z]/.test(text) && /[A-Z]/.test(text) && /\d/.test(text);
}
