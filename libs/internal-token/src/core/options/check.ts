import { OptionPath } from './option-path.js';

/**
 * Checks one option: the value to work with, complete and frozen. `undefined` stands for an option that is left out.
 * @throws InternalTokenError `configuration_invalid`, naming the option, what was given and what is allowed
 */
export type Check<T> = (given: unknown, at: OptionPath) => T;

/** One check for every option of an options type: one that is forgotten, or does not exist, fails to compile. */
export type ChecksOf<Options> = { readonly [Name in keyof Required<Options>]: Check<unknown> };

type Checks = Readonly<Record<string, Check<unknown>>>;
type Checked<C extends Checks> = { readonly [Name in keyof C]: ReturnType<C[Name]> };
type LeftOut<T> = { [Name in keyof T]: undefined extends T[Name] ? Name : never }[keyof T];

/** The outcome of a {@link group}: frozen, with its defaults; what is left out and has none is absent. */
export type ResolvedGroup<C extends Checks> = {
  readonly [Name in keyof C as Name extends LeftOut<Checked<C>> ? never : Name]: ReturnType<C[Name]>;
} & {
  readonly [Name in keyof C as Name extends LeftOut<Checked<C>> ? Name : never]?: Exclude<
    ReturnType<C[Name]>,
    undefined
  >;
};

/** A check by a predicate. @param allowed completes the sentence "must be …" */
export function check<T>(allowed: string, accepts: (given: NonNullable<unknown>) => boolean): Check<T> {
  return (given, at) => {
    if (given !== undefined && given !== null && accepts(given)) return given as T;
    throw at.mustBe(allowed, given);
  };
}

/** May be left out. */
export function optional<T>(inner: Check<T>): Check<T | undefined> {
  return (given, at) => (given === undefined ? undefined : inner(given, at));
}

/** May be left out, and is then this. */
export function withDefault<T>(value: T, inner: Check<T>): Check<T> {
  return (given, at) => (given === undefined ? value : inner(given, at));
}

/** A value that no message may show. */
export function secret<T>(inner: Check<T>): Check<T> {
  return (given, at) => inner(given, at.secret());
}

/** An object with these options and no others. */
export function group<C extends Checks>(checks: C): Check<ResolvedGroup<C>> {
  const known = Object.keys(checks);
  return (given, at) => {
    if (!isRecord(given)) throw at.mustBe(`an object (options: ${known.map((name) => `"${name}"`).join(', ')})`, given);
    for (const name of Object.keys(given)) if (!Object.hasOwn(checks, name)) throw at.unknown(name, known);
    const entries = Object.entries(checks).map(([name, inner]) => [name, inner(given[name], at.member(name))] as const);
    return Object.freeze(Object.fromEntries(entries.filter(([, value]) => value !== undefined))) as ResolvedGroup<C>;
  };
}

/** A {@link group} of which every option has a default, so that the whole may be left out. */
export function optionalGroup<C extends Checks>(checks: C): Check<ResolvedGroup<C>> {
  const inner = group(checks);
  return (given, at) => inner(given === undefined ? {} : given, at);
}

/** @param what completes "a list of …" */
export function listOf<T>(what: string, inner: Check<T>, { atLeast = 0 } = {}): Check<readonly T[]> {
  const allowed = `${atLeast > 0 ? 'a non-empty list' : 'a list'} of ${what}`;
  return (given, at) => {
    if (!Array.isArray(given) || given.length < atLeast) throw at.mustBe(allowed, given);
    return Object.freeze(given.map((each: unknown, index) => inner(each ?? null, at.item(index))));
  };
}

/** An object whose names are the user's own. @param what completes "an object of …" */
export function recordOf<T>(what: string, inner: Check<T>): Check<Readonly<Record<string, T>>> {
  return (given, at) => {
    if (!isRecord(given)) throw at.mustBe(`an object of ${what}`, given);
    const entries = Object.entries(given).map(([name, each]) => [name, inner(each ?? null, at.member(name))] as const);
    return Object.freeze(Object.fromEntries(entries));
  };
}

export function oneOf<T extends string>(...values: readonly T[]): Check<T> {
  return check(either(values), (given) => values.includes(given as T));
}

export const flag: Check<boolean> = check('true or false', (given) => typeof given === 'boolean');

/** @param unit `milliseconds`, `connections`; empty for a bare number */
export function wholeNumber(least: number, most: number, unit = ''): Check<number> {
  const of = unit === '' ? '' : ` of ${unit}`;
  return check(
    `a whole number${of} from ${least} to ${most}`,
    (given) => Number.isInteger(given) && (given as number) >= least && (given as number) <= most,
  );
}

/** Fractions are allowed. */
export function amount(least: number, most: number, unit: string): Check<number> {
  return check(
    `a number of ${unit} from ${least} to ${most}`,
    (given) => typeof given === 'number' && given >= least && given <= most,
  );
}

/** A name that stands in claims and header fields. */
export function name(example: string): Check<string> {
  return check(
    `a name of 1 to 256 visible ASCII characters, such as "${example}"`,
    (given) => typeof given === 'string' && /^[\x21-\x7e]{1,256}$/.test(given),
  );
}

/** Any text that is not empty and does not begin or end with a space. @param what says which */
export function text(what: string): Check<string> {
  return check(what, (given) => typeof given === 'string' && given !== '' && given.trim() === given);
}

export function instance<T>(what: string, ...methods: readonly string[]): Check<T> {
  return check(
    what,
    (given) =>
      typeof given === 'object' &&
      methods.every((method) => typeof (given as Record<string, unknown>)[method] === 'function'),
  );
}

export function callback<T>(): Check<T> {
  return check('a function', (given) => typeof given === 'function');
}

/** `"a", "b" or "c"`. */
export function either(values: readonly string[]): string {
  const quoted = values.map((value) => `"${value}"`);
  return quoted.length < 2 ? quoted.join('') : `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1) ?? ''}`;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
