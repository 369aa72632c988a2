import {
  describeError,
  type ErrorFields,
  isError,
  type Json,
  MAX_MESSAGE,
  plainText,
  sanitizeName,
  sanitizer,
  sanitizeText,
} from './sanitize.js';

/** The arguments of a call to a Nest logger, as members of a line. */
export interface LogArguments {
  msg: string;
  context?: string;
  err?: ErrorFields;
  params?: { [member: string]: Json };
}

/** Further arguments are only counted, for code that spreads a long list. */
const MAX_ARGUMENTS = 100;

/**
 * Reads the arguments of `logger.log(message, ...more)` as Nest does: a string at the end is the context, a string that
 * looks like a stack is one, plain objects are params. An error becomes `err`; everything else goes to `params.args`.
 */
export function readLogArguments(message: unknown, more: readonly unknown[]): LogArguments {
  const given = more.filter((each) => each !== undefined);
  const last = given.at(-1);
  const context = typeof last === 'string' && !isStack(last) ? last : undefined;
  if (context !== undefined) given.pop();
  const excess = given.splice(MAX_ARGUMENTS).length;

  const subject = resolve(message);
  const read: LogArguments = { msg: messageOf(subject) };
  if (context !== undefined) read.context = sanitizeName(context);
  if (isError(subject)) read.err = describeError(subject);
  else if (typeof subject === 'object' && subject !== null) given.unshift(subject);
  if (given.length > 0) readRest(read, given, excess);
  return read;
}

function readRest(read: LogArguments, rest: readonly unknown[], excess: number): void {
  const params = Object.create(null) as { [member: string]: Json };
  const args: Json[] = [];
  const sanitize = sanitizer();
  for (const each of rest) {
    if (isError(each) && read.err === undefined) read.err = describeError(each);
    else if (typeof each === 'string' && isStack(each)) read.err = withStack(read.err, each, read.msg);
    else if (isPlainObject(each)) addMembers(params, sanitize(each), args);
    else args.push(sanitize(each));
  }
  if (excess > 0) args.push(`[${excess} more]`);
  if (args.length > 0) params['args'] = args;
  if (Object.keys(params).length > 0) read.params = params;
}

/** A message may be a function: a class yields its name, any other function is called now that the line is written. */
function resolve(message: unknown): unknown {
  if (typeof message !== 'function') return message;
  try {
    if (Function.prototype.toString.call(message).startsWith('class ')) return message.name;
    return (message as () => unknown)();
  } catch (error) {
    return error;
  }
}

function messageOf(message: unknown): string {
  if (typeof message === 'string') return sanitizeText(message, MAX_MESSAGE);
  if (isError(message)) return describeError(message).message;
  if (typeof message === 'object' && message !== null) return textMember(message) ?? '';
  return sanitizeText(plainText(message));
}

function textMember(message: object): string | undefined {
  try {
    const { msg, message: text } = message as { msg?: unknown; message?: unknown };
    const found = [msg, text].find((each) => typeof each === 'string');
    return found === undefined ? undefined : sanitizeText(found as string, MAX_MESSAGE);
  } catch {
    return undefined;
  }
}

function addMembers(params: { [member: string]: Json }, members: Json, args: Json[]): void {
  if (typeof members === 'object' && members !== null && !Array.isArray(members)) Object.assign(params, members);
  else args.push(members);
}

function withStack(err: ErrorFields | undefined, text: string, message: string): ErrorFields {
  const stack = sanitizeText(text, MAX_MESSAGE);
  if (err !== undefined) return { ...err, stack };
  const type = /^(\w{1,64}):/.exec(stack)?.[1] ?? 'Error';
  return { type, message, stack };
}

function isStack(text: string): boolean {
  return /\n[ \t]+at .+:\d+:\d+/.test(text.slice(0, MAX_MESSAGE));
}

function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  try {
    const prototype: unknown = Object.getPrototypeOf(value);
    return prototype === Object.prototype || prototype === null;
  } catch {
    return false;
  }
}
