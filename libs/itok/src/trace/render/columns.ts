import { eastAsianWidth } from 'get-east-asian-width';

const GRAPHEMES = new Intl.Segmenter();
/** One column each, and never part of a longer grapheme: spares the search for graphemes. */
const NARROW = /^[\u0020-\u007e\u2500-\u259f]*$/;
/** Two columns, whatever the number of code points. */
const EMOJI = /^(?:\p{RGI_Emoji}|\p{Regional_Indicator}|[\d#*]\u{fe0f})|\u{200d}\p{Extended_Pictographic}/v;
/** Marks, joiners, and the vowels and finals that join a Hangul consonant. */
const WITHIN = /[\p{Mn}\p{Me}\p{Cf}\p{Default_Ignorable_Code_Point}\u{1160}-\u{11ff}\u{d7b0}-\u{d7ff}]/v;

/** Terminal columns: two for a Japanese character or an emoji, none for a combining mark. */
export function widthOf(text: string): number {
  if (NARROW.test(text)) return text.length;
  let width = 0;
  for (const { segment } of GRAPHEMES.segment(text)) width += columnsOf(segment);
  return width;
}

/** Fits the text to a width, cut with `…` if it is longer; never splits a grapheme. */
export function fit(text: string, columns: number): string {
  if (NARROW.test(text)) {
    return text.length <= columns ? text.padEnd(columns) : `${text.slice(0, Math.max(0, columns - 1))}…`;
  }
  let width = 0;
  let cut = { end: 0, width: 0 };
  for (const { segment, index } of GRAPHEMES.segment(text)) {
    width += columnsOf(segment);
    if (width > columns) return `${text.slice(0, cut.end)}…${spaces(columns - cut.width - 1)}`;
    if (width < columns) cut = { end: index + segment.length, width };
  }
  return text + spaces(columns - width);
}

function columnsOf(grapheme: string): number {
  if (EMOJI.test(grapheme)) return 2;
  let width = 0;
  for (const character of grapheme) {
    if (!WITHIN.test(character)) width += eastAsianWidth(character.codePointAt(0) ?? 0);
  }
  return width;
}

const spaces = (count: number): string => ' '.repeat(Math.max(0, count));
