import { isUtf8 } from 'node:buffer';
import { InternalTokenError } from './errors.js';

/** A JSON object parsed from a token; nothing in it is trusted yet. */
export type JsonObject = { readonly [name: string]: unknown };

/**
 * Parses the UTF-8 text of one JSON object. Refuses everything that other parsers might read differently: duplicate
 * names, a byte order mark, invalid UTF-8, and the name `__proto__`.
 * @throws InternalTokenError `txn_malformed`
 */
export function parseStrictJsonObject(bytes: Buffer): JsonObject {
  if (!isUtf8(bytes)) throw malformed('the JSON is not valid UTF-8');
  const text = bytes.toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw malformed('a part is not JSON');
  }
  if (!isJsonObject(value)) throw malformed('a part is not a JSON object');
  // Nearly every token is plain and has as many members as names, so that none occurs twice. Others are scanned.
  const isUnique = (isPlain(text) && namesIn(text) === membersOf(value)) || !hasForbiddenNames(text);
  if (!isUnique) throw malformed('a JSON name is duplicated or not allowed');
  return value;
}

const MAX_DEPTH = 32;

/** True if `":` ends every name: no escapes, no space before a colon; and none is `__proto__`. */
function isPlain(text: string): boolean {
  return !text.includes('\\') && !/"[ \t\n\r]+:/.test(text) && !text.includes('"__proto__"');
}

/** At least as many as there are: a string that begins with a colon counts as well. */
function namesIn(text: string): number {
  let names = 0;
  for (let at = text.indexOf('":'); at !== -1; at = text.indexOf('":', at + 2)) names += 1;
  return names;
}

/** NaN for what is nested too deeply for a recursion. */
function membersOf(value: object, depth = 0): number {
  if (depth > MAX_DEPTH) return Number.NaN;
  let members = 0;
  const isArray = Array.isArray(value);
  for (const member of Object.values(value) as unknown[]) {
    if (!isArray) members += 1;
    if (typeof member === 'object' && member !== null) members += membersOf(member, depth + 1);
  }
  return members;
}

/** True for a JSON object: not null, not an array. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Reads a claim. Only own members count, so that a polluted Object.prototype adds no claim. `null` counts as absent.
 */
export function claimOf(claims: JsonObject, name: string, absent?: unknown): unknown {
  return Object.hasOwn(claims, name) ? (claims[name] ?? absent) : absent;
}

/** Walks a text that is known to be JSON and keeps the names seen in every object that is still open. */
function hasForbiddenNames(text: string): boolean {
  const open: (Set<string> | undefined)[] = [];
  let nameExpected = false;
  for (let at = 0; at < text.length; at += 1) {
    switch (text[at]) {
      case '{':
        open.push(new Set());
        nameExpected = true;
        break;
      case '[':
        open.push(undefined);
        nameExpected = false;
        break;
      case '}':
      case ']':
        open.pop();
        nameExpected = false;
        break;
      case ',':
        nameExpected = open.at(-1) !== undefined;
        break;
      case '"': {
        const end = endOfString(text, at);
        if (nameExpected) {
          const name = JSON.parse(text.slice(at, end + 1)) as string;
          const seen = open.at(-1);
          if (name === '__proto__' || seen?.has(name)) return true;
          seen?.add(name);
          nameExpected = false;
        }
        at = end;
        break;
      }
    }
  }
  return false;
}

function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at;
}

function malformed(detail: string): InternalTokenError {
  return new InternalTokenError('txn_malformed', detail);
}
