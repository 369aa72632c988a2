import { option } from '../../core/index.js';
import { EXACT_RULES, type PathRules } from './path-rules.js';
import { plainPath } from './plain-path.js';
import { RouteTable } from './route-table.js';

const OPEN_PATH = /^\/[\w\-.~!$&'()+,=@/]*(?:\/\*)?$/;

/** Paths that answer GET and HEAD without a token: `/docs`, and `/docs/*` for everything below it. */
export class OpenPaths {
  readonly #table: RouteTable<{ readonly method: 'GET'; readonly path: string; readonly handler: string }>;

  constructor(paths: readonly string[], rules: PathRules = EXACT_RULES) {
    const routes = paths.map((path) => ({ method: 'GET' as const, path, handler: 'openPaths' }));
    this.#table = new RouteTable(routes, { ...rules, inOrder: false });
  }

  /** @param url path and query in origin form; a path that may be read in two ways is not open */
  has(method: string, url: string): boolean {
    const path = plainPath(url);
    return path !== undefined && this.#table.candidates(method, path, ANY).length > 0;
  }
}

const openPath: option.Check<string> = (given, at) => {
  if (given === '/*') throw at.refused('opens everything; name the paths below it');
  const plain =
    typeof given === 'string' && OPEN_PATH.test(given) && plainPath(given.replace(/\*$/, 'x')) !== undefined;
  if (!plain) throw at.mustBe('a path, such as "/docs" or "/docs/*"', given);
  if (/^\/internal(?:\/|$)/i.test(given)) throw at.refused(`is "${given}", which is internal and stays so`);
  return given;
};

/** Checks the option `openPaths`. */
export const openPathsOption = option.withDefault<readonly string[]>(
  Object.freeze([]),
  option.listOf('paths', openPath),
);

const ANY = { versions: [], host: undefined };
