import { secretKind } from './secret-kind.js';
import { SecretScanner } from './secret-scanner.js';

export { REDACTED } from './secret-scanner.js';

/** Names, in lower case and without `-`, `_` and spaces, that hold credentials as members and mean nothing in a text. */
const MEMBERS_ONLY = new Set(['cookies', 'dpop', 'token', 'jwt', 'signingkey']);

/** JWK members that hold private or symmetric key material (RFC 7518, section 6). */
const PRIVATE_JWK_MEMBERS = new Set(['d', 'p', 'q', 'dp', 'dq', 'qi', 'k', 'oth']);

/** One cheap look that clears nearly every text; the scanner reads what it lets through. */
const SUSPECT =
  /eyJ|bearer|dpop|basic|authorization|cookie|token|secret|passw|passphrase|verifier|assertion|api[-_]?key|private[-_ ]?key|:\/\/|\b(?:[dpqk]|d[pq]|qi)["'\\]*\s*:|\.[\w-]{40}|M(?:[A-H].CAQ|I[GH].AgE|I[I-L].{3}IBA)/i;

/**
 * Removes everything that looks like a credential or a private key from a text: JWTs, anything that begins like one and
 * the rest of one; values of credential headers and of members such as `client_secret`; bearer values; private keys, with
 * and without their PEM header; private JWK members; passwords in addresses.
 * The same text always gives the same answer, in time that is linear in its length. Where it cannot tell how far a secret
 * goes it takes the rest of the line.
 *
 * @param cut whether the text is the beginning of a longer one: what a secret could begin there with is removed too
 */
export function redactText(text: string, cut = false): string {
  return cut || SUSPECT.test(text) ? new SecretScanner(text, cut).redact() : text;
}

/** Whether a header or member of this name holds a credential: as in a text, and a few names that texts have for others. */
export function isSecretName(name: string): boolean {
  if (name.length > 64) return false;
  const joined = name.replace(/\s/g, '-');
  return secretKind(joined) !== undefined || MEMBERS_ONLY.has(joined.toLowerCase().replace(/[-_]/g, ''));
}

/** Whether `name` is a private member of the key `owner`, or looks like one of a key whose `kty` is gone. */
export function isPrivateJwkMember(owner: object, name: string, value: unknown): boolean {
  if (!PRIVATE_JWK_MEMBERS.has(name)) return false;
  return 'kty' in owner || (typeof value === 'string' && /^[A-Za-z0-9_-]{40,}$/.test(value));
}
