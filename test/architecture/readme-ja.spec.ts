import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { WORKSPACE } from '../support/workspace-files.js';

const read = (page: string): string => readFileSync(join(WORKSPACE, page), 'utf8');

const blocks = (markdown: string): string[] => markdown.match(/^```.*?^```$/gms) ?? [];
const prose = (markdown: string): string => markdown.replace(/^```.*?^```$/gms, '');
const headings = (markdown: string): string[] =>
  [...prose(markdown).matchAll(/^(#+) /gm)].map(([, level = '']) => level);
/** Both pages link to each other, and otherwise to the same places. */
const links = (markdown: string): string[] =>
  [...prose(markdown).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !target.startsWith('README.'))
    .toSorted();

describe('the Japanese README', () => {
  const english = read('README.md');
  const japanese = read('README.ja.md');

  it('has every section', () => {
    expect(headings(english).length).toBeGreaterThan(10);
    expect(headings(japanese)).toEqual(headings(english));
  });

  it('shows the same code, byte for byte', () => {
    expect(blocks(english).length).toBeGreaterThan(8);
    expect(blocks(japanese)).toEqual(blocks(english));
  });

  it('links to the same places', () => {
    expect(links(english).length).toBeGreaterThan(30);
    expect(links(japanese)).toEqual(links(english));
  });
});
