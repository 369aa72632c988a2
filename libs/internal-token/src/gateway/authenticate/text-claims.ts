/** The longest name that is accepted from outside. */
const MAX_CHARACTERS = 255;
/** Control characters, line separators and lone surrogates, with which a name could forge a log line. */
const UNSAFE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u;

export function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MAX_CHARACTERS && !UNSAFE.test(value);
}

/** The unique names in an array or in a space-separated string; `undefined` if it is neither. */
export function nameList(value: unknown): readonly string[] | undefined {
  const names: unknown = typeof value === 'string' ? value.split(' ').filter((part) => part !== '') : value;
  if (!Array.isArray(names) || !names.every(isName)) return undefined;
  return Object.freeze([...new Set(names)]);
}
