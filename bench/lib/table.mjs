// Tables for the terminal and for Markdown. A column is `{ title, align }`; left unless `align` is `right`.

/** Columns as wide as their widest cell, two blanks apart. */
export function textTable(columns, rows) {
  const cells = [columns.map(({ title }) => title), ...rows];
  const widths = columns.map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  const pad = (text, column) =>
    columns[column].align === 'right' ? text.padStart(widths[column]) : text.padEnd(widths[column]);
  return cells.map((row) => `  ${row.map(pad).join('  ')}`.trimEnd()).join('\n');
}

export function markdownTable(columns, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  const rule = columns.map(({ align }) => (align === 'right' ? '--:' : '---'));
  return [line(columns.map(({ title }) => title)), line(rule), ...rows.map(line)].join('\n');
}
