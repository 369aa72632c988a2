/** Text of a log as text, whatever it says: no markup, no link, no HTML, nobody mentioned. */
export function escapeMarkdown(text: string): string {
  return (
    text
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replace(/[\\`*_{}[\]()#+!|~>$]/g, String.raw`\$&`)
      .replaceAll('\n', ' ')
      // At the beginning of a paragraph these would make a list, a rule or code of it.
      .replace(/^ +/, '')
      .replace(/^(\d*)([-.)])(?=[ -]|$)/, String.raw`$1\$2`)
      // What GitHub and GitLab make links of by themselves, whatever stands before it.
      .replace(/(?:@|#)(?=\w)|:(?=\/\/)|\bwww(?=\.)/gi, '$&\u200b')
  );
}

/** A block of text; its fence is longer than any within it. */
export function fence(text: string): string {
  const longest = [...text.matchAll(/`+/g)].reduce((length, [ticks]) => Math.max(length, ticks.length), 2);
  const ticks = '`'.repeat(longest + 1);
  return `${ticks}text\n${text}\n${ticks}`;
}

/** A table; numbers to the right. */
export function markdownTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  numbersFrom: number,
): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rule = head.map((_, index) => (index < numbersFrom ? '---' : '---:'));
  return [line(head), line(rule), ...rows.map((row) => line(row.map(escapeMarkdown)))].join('\n');
}
