/**
 * Leading or trailing white space; control and format characters (bidirectional and zero-width ones among them), lone
 * surrogates, and characters that show as nothing: fillers, variation selectors, the empty Braille pattern.
 */
const UNFIT = /^\s|\s$|[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/u;

/**
 * True for a text that may name a subject (`sub`), at the edge and inside: not empty, and without characters that a
 * reader of a log cannot see. Two different users must not look the same to an operator.
 */
export function isSubject(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && !UNFIT.test(value);
}
