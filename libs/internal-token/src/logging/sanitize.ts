import { EventEmitter } from 'node:events';
import { KeyObject } from 'node:crypto';
import { types } from 'node:util';
import { HarmlessTexts } from './harmless-texts.js';
import { isPrivateJwkMember, isSecretName, REDACTED, redactText } from './redaction.js';

/** A sanitized value: nothing but JSON. */
export type Json = string | number | boolean | null | Json[] | { [member: string]: Json };

/** An error on a log line. */
export interface ErrorFields {
  type: string;
  message: string;
  stack?: string;
  code?: string | number;
  status?: number;
  cause?: Json;
  errors?: Json[];
}

/** Longest text of one member, in UTF-16 units. */
const MAX_TEXT = 2_048;
/** Longest message and longest stack. */
export const MAX_MESSAGE = 8_192;

const MAX_NAME = 128;
const MAX_DEPTH = 6;
const MAX_MEMBERS = 100;
const MAX_NODES = 1_000;
const MAX_LINE = 32_768;
/** How far beyond the cut the text is searched, for secrets that begin before it. */
const MARGIN = 1_024;
/** Members that are listed per line. A larger object is only named; beyond the limit, objects are truncated. */
const MAX_LISTED = 10_000;
const MAX_BIGINT = 10n ** 64n;

const TRUNCATED = '[truncated]';
/** The first half of a surrogate pair, which a cut may leave at the end. */
const HALF_CHARACTER = /[\ud800-\udbff]$/;

/**
 * Redacts a text and cuts it. Only a little more is searched than is shown.
 *
 * @param limit in UTF-16 units
 */
export function sanitizeText(text: string, limit = MAX_TEXT): string {
  const searched = searchedOf(text, limit);
  const clean = redactText(text.slice(0, searched), searched < text.length);
  if (clean.length <= limit && searched === text.length) return clean;
  return `${clean.slice(0, limit).replace(HALF_CHARACTER, '')}… (${text.length} characters)`;
}

const harmlessNames = new HarmlessTexts();

/**
 * {@link sanitizeText} for texts that are the same on many lines.
 *
 * @param limit at least 128
 */
export function sanitizeName(text: string, limit = MAX_NAME): string {
  if (harmlessNames.has(text)) return text;
  const clean = sanitizeText(text, limit);
  if (clean === text) harmlessNames.add(text);
  return clean;
}

function searchedOf(text: string, limit: number): number {
  return Math.min(text.length, limit + MARGIN);
}

/**
 * Turns any value into JSON that is safe to print: credentials are redacted, cycles, throwing getters and proxies are
 * handled, and depth, members and total size are bounded. Never throws. Streams, sockets, requests, keys and bytes
 * appear by name only.
 */
export function sanitize(value: unknown): Json {
  return sanitizer()(value);
}

/** {@link sanitize} for several values, with one bound on their total size. */
export function sanitizer(): (value: unknown) => Json {
  const walk = new Sanitizer();
  return (value) => walk.value(value);
}

/**
 * An `Error` as `{ type, message, stack }`, with `code`, `status` and causes if it has them, and no other member.
 *
 * @param stacks false to leave out its stack and those of its causes
 */
export function describeError(error: Error, stacks = true): ErrorFields {
  try {
    return new Sanitizer(stacks).error(error, 0);
  } catch {
    return { type: 'Error', message: '[unreadable]' };
  }
}

/** True for an error, also one of another realm. */
export function isError(value: unknown): value is Error {
  try {
    return types.isNativeError(value) || value instanceof Error;
  } catch {
    return false; // a proxy whose traps throw
  }
}

/** Walks one value within a budget. */
class Sanitizer {
  #nodes = 0;
  #listed = 0;
  #searched = 0;
  readonly #ancestors: object[] = [];

  constructor(private readonly stacks = true) {}

  value(value: unknown, depth = 0): Json {
    if (++this.#nodes > MAX_NODES || this.#searched > MAX_LINE) return TRUNCATED;
    switch (typeof value) {
      case 'string':
        return this.#text(value);
      case 'number':
        return isFiniteNumber(value) ? value : String(value);
      case 'boolean':
        return value;
      case 'undefined':
        return null;
      case 'bigint':
      case 'symbol':
      case 'function':
        return this.#text(plainText(value));
      default:
        return value === null ? null : this.#object(value as object, depth);
    }
  }

  error(error: Error, depth: number): ErrorFields {
    const own = (name: string): unknown => readMember(error, name);
    const [name, message] = ['name', 'message'].map(own);
    const stack = this.stacks && own('stack');
    const fields: ErrorFields = {
      type: this.#text(typeof name === 'string' && name !== '' ? name : 'Error', MAX_NAME),
      message: this.#text(typeof message === 'string' ? message : '', MAX_MESSAGE),
    };
    if (typeof stack === 'string') fields.stack = this.#text(stack, MAX_MESSAGE);
    const code = own('code');
    if (typeof code === 'string') fields.code = this.#text(code, MAX_NAME);
    if (isFiniteNumber(code)) fields.code = code;
    const status = own('status');
    if (isFiniteNumber(status)) fields.status = status;
    const cause = own('cause');
    if (cause !== undefined) fields.cause = this.#nested(error, cause, depth);
    const errors = own('errors');
    if (Array.isArray(errors)) {
      const shown = first(Array.prototype.values.call(errors)).slice(0, MAX_MEMBERS);
      if (shown.every(isError)) fields.errors = shown.map((each) => this.#nested(error, each, depth));
    }
    return fields;
  }

  /** Charges the searched length to the budget, however short the result is: searching is the expensive part. */
  #text(text: string, limit = MAX_TEXT): string {
    this.#searched += searchedOf(text, limit);
    return sanitizeText(text, limit);
  }

  #name(text: string): string {
    this.#searched += searchedOf(text, MAX_NAME);
    return sanitizeName(text);
  }

  #nested(owner: object, value: unknown, depth: number): Json {
    this.#ancestors.push(owner);
    const nested = this.value(value, depth + 1);
    this.#ancestors.pop();
    return nested;
  }

  #object(value: object, depth: number): Json {
    try {
      if (this.#ancestors.includes(value)) return '[circular]';
      const plain = isPlain(value);
      const summary = plain ? undefined : this.#summary(value);
      if (summary !== undefined) return summary;
      if (depth >= MAX_DEPTH) return TRUNCATED;
      if (!plain && isError(value)) return { ...this.error(value, depth) };
      this.#ancestors.push(value);
      try {
        return this.#container(value, depth);
      } finally {
        this.#ancestors.pop();
      }
    } catch {
      // A trap of a proxy or a toJSON() threw.
      return '[unreadable]';
    }
  }

  /** Summarizes objects whose content is useless on a line or must not be on one. */
  #summary(value: object): Json | undefined {
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
    if (value instanceof URL) return this.#text(`${value.origin}${value.pathname}`);
    if (value instanceof RegExp || value instanceof Number || value instanceof String || value instanceof Boolean) {
      return this.#text(String(value));
    }
    if (ArrayBuffer.isView(value)) return `[${nameOf(value)}, ${value.byteLength} bytes]`;
    const opaque =
      value instanceof EventEmitter ||
      value instanceof KeyObject ||
      value instanceof Promise ||
      value instanceof WeakMap ||
      value instanceof WeakSet ||
      types.isAnyArrayBuffer(value) ||
      types.isCryptoKey(value) ||
      (typeof Headers === 'function' && value instanceof Headers);
    return opaque ? `[${nameOf(value)}]` : undefined;
  }

  #container(value: object, depth: number): Json {
    if (Array.isArray(value)) return this.#list(value, depth);
    // With the built-in iterators: an overridden one may never end.
    if (value instanceof Set) return this.#list(first(Set.prototype.values.call(value)), depth, value.size);
    if (value instanceof Map) return this.#members(value, first(Map.prototype.entries.call(value)), depth);
    const { toJSON } = value as { toJSON?: unknown };
    if (typeof toJSON === 'function') return this.value(toJSON.call(value), depth + 1);
    if (this.#listed > MAX_LISTED) return TRUNCATED;
    // JavaScript cannot list part of the names, so this costs the size of the object, at most once per line.
    const names = Object.keys(value);
    this.#listed += names.length;
    if (names.length > MAX_LISTED) return `[${nameOf(value)}, ${names.length} members]`;
    names.length = Math.min(names.length, MAX_MEMBERS + 1);
    return this.#members(
      value,
      names.map((name) => [name, readMember(value, name)]),
      depth,
    );
  }

  #list(list: readonly unknown[], depth: number, length = list.length): Json[] {
    const items: Json[] = [];
    let before: unknown;
    for (let index = 0; index < Math.min(list.length, MAX_MEMBERS); index++) {
      const item = list[index];
      // Raw headers are a flat list of names and values.
      const secret = typeof before === 'string' && isSecretName(before) && holdsSecret(before, item);
      items.push(secret ? REDACTED : this.value(item, depth + 1));
      before = item;
    }
    if (length > MAX_MEMBERS) items.push(`[${length - MAX_MEMBERS} more]`);
    return items;
  }

  #members(owner: object, entries: readonly (readonly [unknown, unknown])[], depth: number): Json {
    // Without a prototype, a member called __proto__ is an ordinary member.
    const members = Object.create(null) as { [member: string]: Json };
    for (const [key, value] of entries.slice(0, MAX_MEMBERS)) {
      if (value === undefined) continue;
      const name = this.#name(typeof key === 'string' ? key : plainText(key));
      const secret = holdsSecret(name, value) && (isSecretName(name) || isPrivateJwkMember(owner, name, value));
      members[name] = secret ? REDACTED : this.value(value, depth + 1);
    }
    if (entries.length > MAX_MEMBERS) members['…'] = '[more members]';
    return members;
  }
}

/** A flag or a count under the name of a secret (`cookies: 2`) reveals nothing. `token` may be an object of claims. */
function holdsSecret(name: string, value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Array.isArray(value) || name !== 'token';
  return typeof value === 'string';
}

/** True for most values that are logged, which then need no further checks. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === Array.prototype || prototype === null;
}

function nameOf(value: object): string {
  const { name } = (readMember(value, 'constructor') ?? {}) as { name?: unknown };
  return typeof name === 'string' && name !== '' ? sanitizeText(name, MAX_NAME) : 'Object';
}

/** The text of a value that is not a string. Calls no method that could be slow, such as the `toString()` of a list. */
export function plainText(value: unknown): string {
  if (typeof value === 'function') return '[function]';
  if (typeof value === 'object' && value !== null) return `[${nameOf(value)}]`;
  // Converting a large bigint to digits is slow.
  return typeof value === 'bigint' && (value > MAX_BIGINT || value < -MAX_BIGINT) ? '[bigint]' : String(value);
}

/** The values that are shown, and one more. */
function first<T>(values: Iterable<T>): T[] {
  const found: T[] = [];
  for (const value of values) if (found.push(value) > MAX_MEMBERS) break;
  return found;
}

/** True for the numbers that JSON can represent. */
function isFiniteNumber(value: unknown): value is number {
  return Number.isFinite(value);
}

function readMember(owner: object, name: string): unknown {
  try {
    return (owner as Record<string, unknown>)[name];
  } catch {
    return '[unreadable]';
  }
}
