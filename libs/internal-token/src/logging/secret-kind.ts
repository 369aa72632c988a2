/** Headers whose whole value is secret, up to the closing quote or the end of the line. */
const HEADER =
  /(?:^|[-_])(?:(?:proxy[-_]?)?authorization|(?:set[-_]?)?cookie|txn[-_]?token|workload[-_]?(?:identity|proof)[-_]?token|passphrase)$/i;
/** Members and form or query parameters, whose value is one word or quoted. */
const MEMBER =
  /(?:^|[-_])(?:(?:access|auth|id|refresh|security|session|subject)[-_]?token|(?:client[-_]?)?(?:secret|assertion)|code[-_]?verifier|(?:x[-_]?)?api[-_]?key|(?:private|secret(?:[-_]?access)?)[-_]?key)$|passw(?:or)?d$/i;
/** The positions in camel case at which a word begins. */
const HUMP = /(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g;

/** The kind of secret that a name such as `DB_PASSWORD`, `stripeApiKey` or `X-Auth-Token` denotes, if any. */
export function secretKind(name: string): 'header' | 'member' | undefined {
  const words = name.replace(HUMP, '_');
  if (HEADER.test(words)) return 'header';
  return MEMBER.test(words) ? 'member' : undefined;
}
