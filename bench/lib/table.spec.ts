import { markdownTable, textTable } from './table.mjs';

const columns = [{ title: 'target' }, { title: 'µs', align: 'right' }];
const rows = [
  ['floor', '36'],
  ['nest, hook', '100'],
];

describe('a table', () => {
  it('stands in columns at the terminal', () => {
    expect(textTable(columns, rows)).toBe(['  target       µs', '  floor        36', '  nest, hook  100'].join('\n'));
  });

  it('is a table in Markdown', () => {
    expect(markdownTable(columns, rows)).toBe(
      ['| target | µs |', '| --- | --: |', '| floor | 36 |', '| nest, hook | 100 |'].join('\n'),
    );
  });
});
