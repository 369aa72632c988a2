/** A table; cells may hold any text. */
export function table(head, rows) {
  const line = (cells) => `| ${cells.map(cell).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

export const code = (text) => `\`${text}\``;

const cell = (text) => String(text).replaceAll('|', '\\|').replaceAll('\n', ' ');
