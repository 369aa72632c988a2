/** One name of a certificate, as `DNS`, `URI`, `IP Address` and its value. */
export interface AlternativeName {
  readonly type: string;
  readonly value: string;
}

/** Node quotes a value as JSON does if it contains characters that could end it. */
const ENTRY = /([A-Za-z][A-Za-z0-9 .]*):("(?:[^"\\]|\\.)*"|[^",]*)(?:, |$)/y;

/**
 * Parses the names in the text of `X509Certificate.subjectAltName`.
 * @returns undefined unless the whole text is a valid list
 */
export function alternativeNames(text: string | undefined): readonly AlternativeName[] | undefined {
  if (text === undefined || text === '') return [];
  const names: AlternativeName[] = [];
  ENTRY.lastIndex = 0;
  while (ENTRY.lastIndex < text.length) {
    const [, type, value = ''] = ENTRY.exec(text) ?? [];
    if (type === undefined) return undefined;
    const plain = value.startsWith('"') ? unquoted(value) : value;
    if (plain === undefined) return undefined;
    names.push({ type, value: plain });
  }
  // A list does not end with a comma.
  return text.endsWith(', ') ? undefined : names;
}

function unquoted(value: string): string | undefined {
  try {
    return String(JSON.parse(value));
  } catch {
    return undefined;
  }
}
