/** Longest message, in UTF-16 units. */
export const MAX_MESSAGE = 4_096;
/** Longest name of a service, an operation or a user. */
export const MAX_NAME = 256;
/** Longest stack; the library writes no longer ones. */
export const MAX_STACK = 10_240;

// Characters that move a cursor, change the text direction or end a line in some reader: one set for lines, one for
// blocks.
const UNPRINTABLE = /[^\u0020-\u007e\u00a0-\u061b\u061d-\u200d\u2010-\u2027\u202f-\u2065\u206a-\ufefe\uff00-\uffff]/;
const EVERY_UNPRINTABLE = new RegExp(UNPRINTABLE, 'g');
const EVERY_UNPRINTABLE_IN_BLOCK = new RegExp(UNPRINTABLE.source.replace('[^', '[^\\n'), 'g');

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * Makes a text safe for terminals and pages: escapes control and bidirectional characters, replaces lone surrogates,
 * cuts after `limit` UTF-16 units.
 */
export function printable(text: string, limit: number): string {
  return clean(cut(text, limit), EVERY_UNPRINTABLE);
}

/** The same for text of several lines, such as a stack. */
export function printableBlock(text: string, limit: number): string {
  const lines = cut(text, limit).replace(/\r\n?/g, '\n').replaceAll('\t', '    ');
  return clean(lines, EVERY_UNPRINTABLE_IN_BLOCK);
}

function clean(text: string, unprintable: RegExp): string {
  const whole = text.isWellFormed() ? text : text.toWellFormed();
  return UNPRINTABLE.test(whole) ? whole.replace(unprintable, escaped) : whole;
}

function cut(text: string, limit: number): string {
  if (text.length <= limit) return text;
  // Copied through bytes: a slice would keep the whole text in memory.
  return `${Buffer.from(text.slice(0, limit), 'utf16le').toString('utf16le')}…`;
}

function escaped(character: string): string {
  return SHORT[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
