import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

const ROOMS = join(import.meta.dirname, '../src');

/** The names that a room's index exports, types included. */
function exportsOf(index: string): string[] {
  const source = ts.createSourceFile(index, readFileSync(index, 'utf8'), ts.ScriptTarget.Latest);
  return source.statements.flatMap((statement) => {
    if (ts.isExportDeclaration(statement) && statement.exportClause && ts.isNamedExports(statement.exportClause)) {
      return statement.exportClause.elements.map(({ name }) => name.text);
    }
    throw new Error(`${index} holds something else than exports by name: ${statement.getText(source).slice(0, 60)}`);
  });
}

const { exports } = JSON.parse(readFileSync(join(ROOMS, '../package.json'), 'utf8')) as { exports: object };
const rooms = Object.keys(exports).filter((entry) => !entry.endsWith('.json'));

/** A changed name is a decision: see it in review, then `npm test -- --selectProjects unit -u public-api`. */
describe('The public surface', () => {
  it('has rooms', () => {
    expect(rooms).toEqual(expect.arrayContaining(['.', './gateway', './testing']));
  });

  it.each(rooms)('%s exports these names and no other', (room) => {
    const names = exportsOf(join(ROOMS, room, 'index.ts'));
    expect(new Set(names).size).toBe(names.length);
    expect(names.toSorted().join('\n')).toMatchSnapshot();
  });
});
