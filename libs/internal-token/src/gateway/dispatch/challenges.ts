/** A scheme, not a parameter: what follows it is no `=`. */
const SCHEME = /^\s*([!#$%&'*+.^_`|~\w-]+)(?:\s+(?![\s=])|\s*$)/;
/** The refusal of the internal token, and of the gateway as a caller. */
const TOKEN = 'txn-token';
const CALLER = 'txn-caller';

/** A `WWW-Authenticate` field as received: one value, or one a line. */
export type ChallengeField = string | readonly string[] | undefined;

/** The service has refused the internal token, and asks the client for nothing: a matter between it and the gateway. */
export function isTokenChallenge(field: ChallengeField): boolean {
  const schemes = challengesOf(field).map(schemeOf);
  return schemes.includes(TOKEN) && schemes.every(isInternal);
}

/** The service has refused the gateway as its caller: whatever the status, the client can do nothing about it. */
export function isCallerChallenge(field: ChallengeField): boolean {
  return challengesOf(field).some((challenge) => schemeOf(challenge) === CALLER);
}

/** What is meant for clients, as one value; empty if nothing is. */
export function outsideChallenges(field: ChallengeField): string {
  return challengesOf(field)
    .filter((challenge) => !isInternal(schemeOf(challenge)))
    .join(', ');
}

/** Each challenge with its parameters (RFC 9110 section 11.6.1): commas stand between both. */
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

/** Where a quotation never ends, nothing counts as quoted: nothing can hide in it. */
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
