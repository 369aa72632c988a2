/** Joins paths as Nest does: one slash between them, one in front, none at the end. */
export function joinPaths(...parts: readonly string[]): string {
  const joined = parts.reduce((path, part) => (part === '' ? path : withoutEndSlash(path) + withSlash(part)), '');
  return withoutEndSlash(joined) || '/';
}

function withSlash(path: string): string {
  return path.startsWith('/') ? path : `/${path}`;
}

function withoutEndSlash(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path;
}
