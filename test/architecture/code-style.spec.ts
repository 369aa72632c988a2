import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import ts from 'typescript';
import { WORKSPACE, workspaceFiles } from '../support/workspace-files.js';

/** The roles that Nest and its schematics put behind a dot. */
const ROLES = 'module guard controller decorator filter interceptor pipe service options command migrations'.split(' ');
const KEBAB = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;
const ROLE_OR_SPEC = new RegExp(`(?:\\.(?:${ROLES.join('|')}))?(?:\\.spec)?$`);

const code = workspaceFiles().filter((path) =>
  /^(?:apps|libs|test|scripts|bench)\/.*\.m?ts$|^(?:scripts|bench)\/.*\.mjs$/.test(path),
);
const product = code.filter((path) => /^(?:apps|libs)\/[^/]+\/src\//.test(path) && !path.endsWith('.spec.ts'));

const kebab = (name: string): string =>
  name
    .replaceAll('WebSocket', 'Websocket')
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1-$2')
    .replaceAll('_', '-')
    .toLowerCase();

const parse = (path: string): ts.SourceFile =>
  ts.createSourceFile(path, readFileSync(join(WORKSPACE, path), 'utf8'), ts.ScriptTarget.Latest, true);

/** Names exported by declarations; `values` are those that exist at run time. */
function exportsOf(file: ts.SourceFile): { values: string[]; types: string[] } {
  const values: string[] = [];
  const types: string[] = [];
  for (const statement of file.statements) {
    if (!ts.canHaveModifiers(statement)) continue;
    if (!ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)) continue;
    if (ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement)) types.push(statement.name.text);
    else if (ts.isClassDeclaration(statement) || ts.isFunctionDeclaration(statement)) {
      if (statement.name) values.push(statement.name.text);
    } else if (ts.isVariableStatement(statement)) {
      for (const { name } of statement.declarationList.declarations) if (ts.isIdentifier(name)) values.push(name.text);
    }
  }
  return { values, types };
}

function privateMembersOf(file: ts.SourceFile): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isClassLike(node)) {
      for (const member of node.members) {
        if (ts.isConstructorDeclaration(member) || !ts.canHaveModifiers(member)) continue;
        if (ts.getModifiers(member)?.some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword))
          found.push(`${file.fileName}: ${member.name?.getText() ?? '?'}`);
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

describe('file names', () => {
  it('the test finds the files', () => {
    expect(code.length).toBeGreaterThan(500);
    expect(product.length).toBeGreaterThan(300);
  });

  it('file names are kebab-case, with a dot only before a Nest role', () => {
    const stems = code.map(
      (path) =>
        [
          path,
          basename(path)
            .replace(/\.m?[jt]s$/, '')
            .replace(ROLE_OR_SPEC, ''),
        ] as const,
    );
    expect(stems.filter(([, stem]) => !KEBAB.test(stem)).map(([path]) => path)).toEqual([]);
  });

  it('a file is named after its one exported concept', () => {
    const misnamed = product.filter((path) => {
      const { values, types } = exportsOf(parse(path));
      const [only, ...others] = values;
      if (only === undefined || others.length > 0) return false;
      const name = basename(path, '.ts');
      return ![only, ...types].some((concept) =>
        [name, name.replaceAll('.', '-'), name.replace(/\.[a-z]+$/, '')].includes(kebab(concept)),
      );
    });
    expect(misnamed).toEqual([]);
  });
});

describe('private members', () => {
  it('are #private; the keyword `private` is used on constructor parameters only', () => {
    expect(code.filter((path) => path.endsWith('.ts')).flatMap((path) => privateMembersOf(parse(path)))).toEqual([]);
  });
});
