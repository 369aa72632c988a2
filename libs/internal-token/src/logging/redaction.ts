/** What stands where a secret stood. */
export const REDACTED = '[redacted]';

/** Names, in lower case and without `-`, `_` and spaces, whose values are never printed. */
const SECRET_NAMES = new Set([
  'authorization',
  'proxyauthorization',
  'cookie',
  'cookies',
  'setcookie',
  'txntoken',
  'workloadidentitytoken',
  'workloadprooftoken',
  'dpop',
  'token',
  'jwt',
  'accesstoken',
  'refreshtoken',
  'idtoken',
  'subjecttoken',
  'assertion',
  'clientassertion',
  'clientsecret',
  'codeverifier',
  'secret',
  'password',
  'passwd',
  'passphrase',
  'privatekey',
  'signingkey',
  'apikey',
  'xapikey',
]);

/** JWK members that hold private or symmetric key material (RFC 7518, section 6). */
const PRIVATE_JWK_MEMBERS = new Set(['d', 'p', 'q', 'dp', 'dq', 'qi', 'k', 'oth']);

/** One cheap look that clears nearly every text; the exact patterns run only on what it lets through. */
const SUSPECT =
  /eyJ|bearer|dpop|authorization|cookie|[-_]?token|secret|password|code_verifier|assertion|PRIVATE KEY|:\/\/|\b(?:[dpqk]|d[pq]|qi)\\*["']?\s*:/i;

type Rule = readonly [pattern: RegExp, replacement: string];

const RULES: readonly Rule[] = [
  // PEM, also with its line breaks escaped or its end cut off.
  [/-----BEGIN [A-Z0-9 ]*PRIVATE KEY[\s\S]*?(?:-----END [A-Z0-9 ]*PRIVATE KEY[A-Z ]*-----|$)/g, REDACTED],
  // `eyJ` is how every base64url-encoded JSON object begins, so at the start of a word it is taken for a token …
  [/(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_+/=-]*(?:\.[A-Za-z0-9_+/=-]*)*/g, REDACTED],
  // … and inside a word (signingKeyJwks) when it is as long as one.
  [
    /eyJ(?:[A-Za-z0-9_-]{5,512}\.[A-Za-z0-9_-]{10,}|(?=[A-Za-z]{0,40}[0-9])[A-Za-z0-9_-]{17,})[A-Za-z0-9_+/=-]*(?:\.[A-Za-z0-9_+/=-]*)*/g,
    REDACTED,
  ],
  // A credential header or member in a text: a quoted member ends at its quote, anything else with the line.
  [
    /\b((?:proxy-)?authorization|(?:set-)?cookie|txn[-_]token|workload-(?:identity|proof)-token)(["'\\]{0,8}\s{0,8}[:=,]\s{0,8})(?:"(?:\\.|[^"\\\r\n])*"(?=\s?[,}\])]|$)|'(?:\\.|[^'\\\r\n])*'(?=\s?[,}\])]|$)|[^\r\n]+)/gi,
    `$1$2${REDACTED}`,
  ],
  // Members and form or query parameters that carry a secret.
  [
    /\b(access_token|refresh_token|id_token|subject_token|client_secret|client_assertion|assertion|code_verifier|password)(\\*["']?\s{0,8}[:=]\s{0,8}\\*["']?)[^\s"'\\&,;}]+/gi,
    `$1$2${REDACTED}`,
  ],
  // A credential without its header's name. The words are how people write about the scheme.
  [
    /\b(bearer|dpop)\s+(?!(?:tokens?|schemes?|realm=\S*|error=\S*|authentication|authorization|credentials?|access|challenge|proofs?|is|or|and)(?:[\s,.;:'")]|$))[\w.~+/=-]+/gi,
    `$1 ${REDACTED}`,
  ],
  // Private members of a JWK that was turned into text.
  [/(["']?)\b([dpqk]|d[pq]|qi)(\\*["']?\s*:\s*\\*["'])[A-Za-z0-9_-]{16,}/g, `$1$2$3${REDACTED}`],
  // Credentials in a connection string.
  [/(:\/\/)[^\s/@:"']*:[^\s/@"']+@/g, `$1${REDACTED}@`],
];

/**
 * Removes everything that looks like a credential or a private key from a text: JWTs and anything that begins like one,
 * values of credential headers, bearer values, PEM private keys, private JWK members, passwords in addresses.
 * The same text always gives the same answer. Where it cannot tell how far a secret goes it takes the rest of the line.
 */
export function redactText(text: string): string {
  if (!SUSPECT.test(text)) return text;
  let clean = text;
  for (const [pattern, replacement] of RULES) clean = clean.replace(pattern, replacement);
  return clean;
}

/** Whether a header or member of this name holds a credential, in any spelling of case, `-` and `_`. */
export function isSecretName(name: string): boolean {
  return name.length <= 64 && SECRET_NAMES.has(name.toLowerCase().replace(/[-_\s]/g, ''));
}

/** Whether `name` is a private member of the key `owner`, or looks like one of a key whose `kty` is gone. */
export function isPrivateJwkMember(owner: object, name: string, value: unknown): boolean {
  if (!PRIVATE_JWK_MEMBERS.has(name)) return false;
  return 'kty' in owner || (typeof value === 'string' && /^[A-Za-z0-9_-]{40,}$/.test(value));
}
