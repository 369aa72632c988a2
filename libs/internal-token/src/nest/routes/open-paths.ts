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

/** What is wrong with an entry of the option `openPaths`; undefined: nothing. */
export function openPathProblem(path: unknown): string | undefined {
  const plain = typeof path === 'string' && OPEN_PATH.test(path) && plainPath(path.replace(/\*$/, 'x')) !== undefined;
  if (!plain) return 'is no path, such as "/docs" or "/docs/*"';
  if (path === '/*') return 'opens everything; name the paths below it';
  if (/^\/internal(?:\/|$)/i.test(path)) return 'is internal, and stays so';
  return undefined;
}

const ANY = { versions: [], host: undefined };
