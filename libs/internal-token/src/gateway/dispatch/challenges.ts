/** Matches a scheme and not a parameter, which is followed by `=`. */
const SCHEME = /^\s*([!#$%&'*+.^_`|~\w-]+)(?:\s+(?![\s=])|\s*$)/;
/** The schemes by which a service refuses the internal token, or the gateway as a caller. */
const TOKEN = 'txn-token';
const CALLER = 'txn-caller';

/** A `WWW-Authenticate` field as received: one value, or one per line. */
export type ChallengeField = string | readonly string[] | undefined;

/** True if the service has refused the internal token and asks nothing of the client. */
export function isTokenChallenge(field: ChallengeField): boolean {
  const schemes = challengesOf(field).map(schemeOf);
  return schemes.includes(TOKEN) && schemes.every(isInternal);
}

/** True if the service has refused the gateway as its caller, which the client cannot change. */
export function isCallerChallenge(field: ChallengeField): boolean {
  return challengesOf(field).some((challenge) => schemeOf(challenge) === CALLER);
}

/** The challenges for clients, as one value; empty if there are none. */
export function outsideChallenges(field: ChallengeField): string {
  return challengesOf(field)
    .filter((challenge) => !isInternal(schemeOf(challenge)))
    .join(', ');
}

/** Each challenge with its parameters (RFC 9110 section 11.6.1). Commas separate challenges and parameters alike. */
function challengesOf(field: ChallengeField): string[] {
  const challenges: string[] = [];
  for (const value of typeof field === 'string' ? [field] : (field ?? [])) {
    for (const element of elementsOf(value)) {
      const last = challenges.length - 1;
      if (last < 0 || SCHEME.test(element)) challenges.push(element);
      else challenges[last] += `, ${element}`;
    }
  }
  return challenges;
}

/** If a quoted string never ends, nothing counts as quoted, so that no challenge can hide in it. */
function elementsOf(value: string): string[] {
  const quoted = /^(?:[^"]|"(?:[^"\\]|\\.)*")*$/.test(value);
  const elements = quoted ? (value.match(/(?:[^",]|"(?:[^"\\]|\\.)*")+/g) ?? []) : value.split(',');
  return elements.map((element) => element.trim()).filter((element) => element !== '');
}

function schemeOf(challenge: string): string {
  return SCHEME.exec(challenge)?.[1]?.toLowerCase() ?? '';
}

function isInternal(scheme: string): boolean {
  return scheme === TOKEN || scheme === CALLER;
}
