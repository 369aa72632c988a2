import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

import { ROOT } from '../build.mjs';
import { code, table } from './markdown.mjs';

const PACKAGES = ['libs/internal-token', 'libs/itok'];

/** The names that each entry of the packages exports. A change to this page is a change to the public API. */
export async function apiPage() {
  const sections = PACKAGES.flatMap(entriesOf).map(({ specifier, values, types }) => {
    const rows = [
      ['values', values.map(code).join(', ') || '–'],
      ['types', types.map(code).join(', ') || '–'],
    ];
    return `## \`${specifier}\`\n\n${values.length} values, ${types.length} types.\n\n${table(['', ''], rows)}`;
  });
  return `# Public names

Everything that the packages export, by entry. What is not here is internal and may change at any time.

${sections.join('\n\n')}
`;
}

/** @returns {{ specifier: string, values: string[], types: string[] }[]} */
export function entriesOf(folder) {
  const { name, exports } = JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8'));
  return Object.keys(exports)
    .filter((entry) => !entry.endsWith('.json'))
    .map((entry) => ({ specifier: name + entry.slice(1), ...exportsOf(join(ROOT, folder, 'src', entry, 'index.ts')) }));
}

function exportsOf(index) {
  const source = ts.createSourceFile(index, readFileSync(index, 'utf8'), ts.ScriptTarget.Latest);
  const values = [];
  const types = [];
  for (const statement of source.statements) {
    if (!ts.isExportDeclaration(statement) || !statement.exportClause || !ts.isNamedExports(statement.exportClause)) {
      throw new Error(`${index} may only export by name: ${statement.getText(source).slice(0, 60)}`);
    }
    for (const { name, isTypeOnly } of statement.exportClause.elements) {
      (isTypeOnly || statement.isTypeOnly ? types : values).push(name.text);
    }
  }
  return { values: values.sort(byName), types: types.sort(byName) };
}

const byName = (a, b) => a.localeCompare(b, 'en');
