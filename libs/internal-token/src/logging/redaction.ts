import { HarmlessTexts } from './harmless-texts.js';
import { secretKind } from './secret-kind.js';
import { SecretScanner } from './secret-scanner.js';

export { REDACTED } from './secret-scanner.js';

/** Names that hold credentials as members but not in a text; in lower case, without `-`, `_` and spaces. */
const MEMBERS_ONLY = new Set(['cookies', 'dpop', 'token', 'jwt', 'signingkey']);

/** JWK members that hold private or symmetric key material (RFC 7518, section 6). */
const PRIVATE_JWK_MEMBERS = new Set(['d', 'p', 'q', 'dp', 'dq', 'qi', 'k', 'oth']);

/** A cheap test that clears nearly every text; only texts that match are scanned. */
const SUSPECT =
  /eyJ|bearer|dpop|basic|authorization|cookie|token|secret|passw|passphrase|verifier|assertion|api[-_]?key|private[-_ ]?key|:\/\/|\b(?:[dpqk]|d[pq]|qi)["'\\]*\s*:|\.[\w-]{40}|M(?:[A-H].CAQ|I[GH].AgE|I[I-L].{3}IBA)/i;

/**
 * Removes everything that looks like a credential or a private key from a text: JWTs, and the beginnings and ends of
 * them; values of credential headers and of members such as `client_secret`; bearer values; private keys, with and
 * without their PEM header; private JWK members; passwords in addresses.
 * It is deterministic and takes time linear in the length of the text. If the end of a secret is unclear, the rest of
 * the line is removed.
 *
 * @param cut true if the text is the beginning of a longer one, so that a secret may be cut off at its end
 */
export function redactText(text: string, cut = false): string {
  return cut || SUSPECT.test(text) ? new SecretScanner(text, cut).redact() : text;
}

const harmlessNames = new HarmlessTexts();

/** True if a header or member of this name holds a credential. A few of the names have another meaning in texts. */
export function isSecretName(name: string): boolean {
  if (name.length > 64 || harmlessNames.has(name)) return false;
  const joined = name.replace(/\s/g, '-');
  if (secretKind(joined) !== undefined || MEMBERS_ONLY.has(joined.toLowerCase().replace(/[-_]/g, ''))) return true;
  harmlessNames.add(name);
  return false;
}

/** True if `name` is a private member of the JWK `owner`, or looks like one of a JWK without `kty`. */
export function isPrivateJwkMember(owner: object, name: string, value: unknown): boolean {
  if (!PRIVATE_JWK_MEMBERS.has(name)) return false;
  return 'kty' in owner || (typeof value === 'string' && /^[A-Za-z0-9_-]{40,}$/.test(value));
}
