import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const RULE = /\bR\d+[a-z]?\b/g;
const SUITES = new Set(['describe', 'it', 'test']);

/** The spec files that name each rule in the title of a test or a suite. */
export function testsByRule() {
  const tests = new Map();
  const prove = (rule, path) => tests.set(rule, (tests.get(rule) ?? new Set()).add(path));
  for (const path of globSync('{apps,libs,test}/**/*.spec.ts', { cwd: ROOT })) {
    for (const title of titlesOf(path)) for (const [rule] of title.matchAll(RULE)) prove(rule, path);
  }
  // The titles of these tests come from the vectors.
  for (const path of ['test/vectors/valid.json', 'test/vectors/invalid.json']) {
    const vectors = JSON.parse(readFileSync(`${ROOT}${path}`, 'utf8'));
    for (const { rules } of vectors) for (const rule of rules) prove(rule, 'test/security/vectors.spec.ts');
  }
  return tests;
}

function titlesOf(path) {
  const titles = [];
  const visit = (node) => {
    if (ts.isCallExpression(node) && SUITES.has(rootOf(node.expression))) titles.push(...textsOf(node.arguments[0]));
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, readFileSync(`${ROOT}${path}`, 'utf8'), ts.ScriptTarget.Latest, true));
  return titles;
}

/** A title, or the titles in the table of `it.each` that begin with the rules: `R5, R6: …`. */
function textsOf(argument) {
  if (argument === undefined) return [];
  if (ts.isStringLiteralLike(argument) || ts.isTemplateExpression(argument)) return [argument.getText()];
  if (!ts.isArrayLiteralExpression(argument)) return [];
  return argument.elements
    .flatMap((row) => (ts.isArrayLiteralExpression(row) ? row.elements.slice(0, 1) : [row]))
    .filter((cell) => ts.isStringLiteralLike(cell) && /^R\d+[a-z]?(, R\d+[a-z]?)*: /.test(cell.text))
    .map((cell) => cell.text);
}

/** The `it` of `it(…)`, `it.only(…)`, `it.each(…)(…)` and similar. */
function rootOf(expression) {
  if (ts.isIdentifier(expression)) return expression.text;
  if (ts.isPropertyAccessExpression(expression) || ts.isCallExpression(expression))
    return rootOf(expression.expression);
  if (ts.isTaggedTemplateExpression(expression)) return rootOf(expression.tag);
  return undefined;
}
