/**
 * White space at an end; control and format characters (bidirectional and zero-width ones are such), half surrogate
 * pairs, and what is shown as nothing: fillers, variation selectors, the empty Braille pattern.
 */
const UNFIT = /^\s|\s$|[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/u;

/**
 * Whether a text may name a subject (`sub`), at the edge and inside: not empty, and nothing in it that a reader of a log
 * or a record cannot see. Two subjects that look the same to an operator must not be two users.
 */
export function isSubject(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && !UNFIT.test(value);
}
