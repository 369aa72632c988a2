import { jest } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import ts from 'typescript';
import { WORKSPACE, workspaceFiles } from '../support/workspace-files.js';

// Reads the whole workspace.
jest.setTimeout(300_000);

interface Snippet {
  /** `README.md:42`, the line of its fence. */
  readonly place: string;
  readonly code: string;
}

const PAGES = workspaceFiles().filter((path) => path === 'README.md' || /^docs\/.*\.md$/.test(path));

const snippets = (language: string): Snippet[] =>
  PAGES.flatMap((page) => {
    const text = readFileSync(join(WORKSPACE, page), 'utf8');
    return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map((match) => ({
      place: `${page}:${text.slice(0, match.index).split('\n').length}`,
      code: match[1] ?? '',
    }));
  });

/**
 * The path of a snippet as a file. Snippets of one page that start with their file name (`// orders.ts`) are
 * neighbours.
 */
function pathOf({ place, code }: Snippet, index: number): string {
  const name = /^\/\/ (\S+\.ts)\n/.exec(code)?.[1];
  if (name === undefined) return join(WORKSPACE, `apps/snippet-${index}.ts`);
  return join(WORKSPACE, 'apps', place.replace(/:.*/, '').replace(/\W/g, '-'), name);
}

/** One message for each error in a snippet, compiled as a file of an application. */
function compile(examined: readonly Snippet[]): string[] {
  const { config } = ts.readConfigFile(join(WORKSPACE, 'tsconfig.json'), (path) => ts.sys.readFile(path)) as {
    config: object;
  };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, WORKSPACE);
  const files = new Map(examined.map((snippet, index) => [pathOf(snippet, index), snippet]));
  const folders = new Set([...files.keys()].map((path) => dirname(path)));
  const host = ts.createCompilerHost({ ...options, noEmit: true });
  const readSource = host.getSourceFile.bind(host);
  host.fileExists = (path) => files.has(path) || ts.sys.fileExists(path);
  host.directoryExists = (path) => folders.has(path) || ts.sys.directoryExists(path);
  host.getSourceFile = (path, languageVersion, ...rest) => {
    const code = files.get(path)?.code;
    if (code === undefined) return readSource(path, languageVersion, ...rest);
    const file = ts.createSourceFile(path, code, languageVersion, true);
    file.impliedNodeFormat = ts.ModuleKind.ESNext;
    return file;
  };
  const program = ts.createProgram(
    [...files.keys()],
    { ...options, noEmit: true, incremental: false, declaration: false, sourceMap: false },
    host,
  );
  return [...files].flatMap(([path, { place }]) => {
    const source = program.getSourceFile(path);
    if (source === undefined) return [`${place}: not examined`];
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(
      ({ messageText, start = 0 }) =>
        `${place}, its line ${source.getLineAndCharacterOfPosition(start).line + 1}: ` +
        ts.flattenDiagnosticMessageText(messageText, '\n'),
    );
  });
}

describe('code in the documentation', () => {
  it('every TypeScript block compiles', () => {
    const examined = snippets('ts');
    expect(examined.length).toBeGreaterThan(10);
    expect(examined.some(({ place }) => place.startsWith('README.md:'))).toBe(true);
    expect(compile(examined)).toEqual([]);
  });

  it('the test reports code that does not compile', () => {
    const wrong = [
      { place: 'unknown name', code: "import { NoSuchThing } from 'nestjs-internal-token';\nnew NoSuchThing();\n" },
      { place: 'wrong type', code: 'export const txn: number = "a";\n' },
    ];
    expect(compile(wrong).map((message) => message.split(',')[0])).toEqual(['unknown name', 'wrong type']);
  });

  it('log lines are shown as they are written', () => {
    const schema = readFileSync(join(WORKSPACE, 'libs/internal-token/src/logging/log-line.schema.json'), 'utf8');
    const validate = new Ajv2020({ strict: false }).compile(JSON.parse(schema) as object);
    const lines = snippets('json').filter(({ code }) => code.includes('"trace_id"'));
    expect(lines.length).toBeGreaterThan(1);
    for (const { place, code } of lines) {
      validate(JSON.parse(code));
      expect([place, validate.errors]).toEqual([place, null]);
    }
  });
});
