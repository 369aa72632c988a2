import { fit, widthOf } from './columns.js';

const FAMILY = '\u{1f468}\u200d\u{1f469}\u200d\u{1f467}';

describe('widthOf', () => {
  it.each([
    ['nothing', '', 0],
    ['ASCII', 'POST /orders', 12],
    ['characters of the waterfall', '│  └─ ▓█', 8],
    ['characters of the tables', '−±×–…Δ✗✓', 8],
    ['accented letters, composed or not', 'é e\u0301', 3],
    ['kanji and kana', '在庫を確保する', 14],
    ['full-width letters and punctuation', 'ＡＢ、。「」', 12],
    ['half-width kana with voice marks', 'ｶﾞｷﾞ', 4],
    ['kana with combining voice marks', 'か\u3099', 2],
    ['Hangul, composed or not', '한 \u1112\u1161\u11ab', 5],
    ['Chinese beyond the basic plane', '𠮷野家', 6],
    ['an emoji', '🍣', 2],
    ['an emoji with a skin tone', '👍🏽', 2],
    ['a family', FAMILY, 2],
    ['a flag', '🇯🇵', 2],
    ['a keycap', '1\ufe0f\u20e3', 2],
    ['a symbol in emoji presentation', '⚠\ufe0f', 2],
    ['a symbol in text presentation', '⚠', 1],
    ['invisible characters', 'a\u200b\u2060b', 2],
  ])('%s', (_, text, columns) => {
    expect(widthOf(text)).toBe(columns);
  });
});

describe('fit', () => {
  it.each([
    ['ab', 4, 'ab  '],
    ['abcd', 4, 'abcd'],
    ['abcde', 4, 'abc…'],
    ['在庫', 6, '在庫  '],
    ['在庫確保', 8, '在庫確保'],
    ['在庫を確保', 7, '在庫を…'],
    // Half a character does not fit: it is padded to the same width.
    ['在庫を確保', 8, '在庫を… '],
    ['a在庫', 4, 'a在…'],
    ['e\u0301e\u0301e\u0301', 2, 'e\u0301…'],
    [`${FAMILY}${FAMILY}`, 3, `${FAMILY}…`],
    [`a${FAMILY}b`, 3, 'a… '],
    ['在庫', 1, '…'],
    ['├─ 注文', 6, '├─ 注…'],
  ])('fits %j into %i columns as %j', (text, columns, fitted) => {
    expect(fit(text, columns)).toBe(fitted);
  });

  it('is exactly as wide as requested, whatever the text', () => {
    const text = `注文 ${FAMILY}e\u0301ｶﾞ🇯🇵1\ufe0f\u20e3한─x`;
    for (let columns = 1; columns <= 40; columns++) expect(widthOf(fit(text, columns))).toBe(columns);
  });
});
