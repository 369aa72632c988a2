/** Escapes text of a log: no markup, no links, no HTML, no mentions. */
export function escapeMarkdown(text: string): string {
  return (
    text
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replace(/[\\`*_{}[\]()#+!|~>$]/g, String.raw`\$&`)
      .replaceAll('\n', ' ')
      // At the beginning of a paragraph these would start a list, a rule or code.
      .replace(/^ +/, '')
      .replace(/^(\d*)([-.)])(?=[ -]|$)/, String.raw`$1\$2`)
      // GitHub and GitLab turn these into links, whatever precedes them.
      .replace(/(?:@|#)(?=\w)|:(?=\/\/)|\bwww(?=\.)/gi, '$&\u200b')
  );
}

/** A block of text, with a fence longer than any inside it. */
export function fence(text: string): string {
  const longest = [...text.matchAll(/`+/g)].reduce((length, [ticks]) => Math.max(length, ticks.length), 2);
  const ticks = '`'.repeat(longest + 1);
  return `${ticks}text\n${text}\n${ticks}`;
}

/** A table; numbers are aligned right. */
export function markdownTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  numbersFrom: number,
): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rule = head.map((_, index) => (index < numbersFrom ? '---' : '---:'));
  return [line(head), line(rule), ...rows.map((row) => line(row.map(escapeMarkdown)))].join('\n');
}
