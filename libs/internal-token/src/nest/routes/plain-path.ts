const SEGMENT = String.raw`(?!\.{1,2}(?:/|$))[\w\-.~!$&'()*+,=:@%]+`;
const PLAIN = new RegExp(String.raw`^/(?:${SEGMENT}(?:/${SEGMENT})*/?)?$`);
/** Half an escape, or one of a character that needs none, separates, or hides another escape. */
const DOUBTFUL_ESCAPE = /%(?![0-9a-f]{2})|%(?:[01][0-9a-f]|2[5def]|3[0-9b]|4[1-9a-f]|5[0-9acf]|6[1-9a-f]|7[0-9aef])/i;

/**
 * The path of a request target in the one form that every router, proxy and middleware reads alike (RFC 3986 section
 * 6.2.2). Undefined for every other: doubled slashes, dot segments, `;`, `\`, control characters, absolute targets, and
 * escapes of letters, digits, `/`, `.`, `;`, `\` and `%`.
 */
export function plainPath(url: string): string | undefined {
  const query = url.indexOf('?');
  const path = query === -1 ? url : url.slice(0, query);
  if (!PLAIN.test(path)) return undefined;
  return path.includes('%') && DOUBTFUL_ESCAPE.test(path) ? undefined : path;
}
