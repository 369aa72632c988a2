/** One name of a certificate, as `DNS`, `URI`, `IP Address` and its value. */
export interface AlternativeName {
  readonly type: string;
  readonly value: string;
}

/** Node puts a value in quotes, as JSON does, wherever it could be mistaken for the end of one. */
const ENTRY = /([A-Za-z][A-Za-z0-9 .]*):("(?:[^"\\]|\\.)*"|[^",]*)(?:, |$)/y;

/**
 * The names in the text that Node makes of them (`X509Certificate.subjectAltName`).
 * @returns undefined for anything that does not read as a list to its very end
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
