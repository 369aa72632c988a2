import { SecretScanner } from './secret-scanner.js';

export { REDACTED } from './secret-scanner.js';

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

/** One cheap look that clears nearly every text; the scanner reads what it lets through. */
const SUSPECT =
  /eyJ|bearer|dpop|authorization|cookie|token|secret|passw|passphrase|verifier|assertion|api[-_]?key|PRIVATE KEY|:\/\/|\b(?:[dpqk]|d[pq]|qi)["'\\]*\s*:|\.[\w-]{40}|M(?:[A-H].CAQ|I[GH].AgE|I[I-L].{3}IBA)/i;

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

/** Whether a header or member of this name holds a credential, in any spelling of case, `-` and `_`. */
export function isSecretName(name: string): boolean {
  return name.length <= 64 && SECRET_NAMES.has(name.toLowerCase().replace(/[-_\s]/g, ''));
}

/** Whether `name` is a private member of the key `owner`, or looks like one of a key whose `kty` is gone. */
export function isPrivateJwkMember(owner: object, name: string, value: unknown): boolean {
  if (!PRIVATE_JWK_MEMBERS.has(name)) return false;
  return 'kty' in owner || (typeof value === 'string' && /^[A-Za-z0-9_-]{40,}$/.test(value));
}
