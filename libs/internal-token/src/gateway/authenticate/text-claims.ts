/** What a name from outside may look like before it travels inward: bounded, well-formed, nothing that forges a log line. */
const MAX_CHARACTERS = 255;
/** Control characters, line separators, halves of surrogate pairs. */
const UNSAFE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u;

export function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MAX_CHARACTERS && !UNSAFE.test(value);
}

/** An array of names, or one string of names with single spaces between, as unique names; `undefined` if it is neither. */
export function nameList(value: unknown): readonly string[] | undefined {
  const names: unknown = typeof value === 'string' ? value.split(' ').filter((part) => part !== '') : value;
  if (!Array.isArray(names) || !names.every(isName)) return undefined;
  return Object.freeze([...new Set(names)]);
}
