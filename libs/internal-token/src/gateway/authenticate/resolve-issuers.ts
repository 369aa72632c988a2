import { isSigningAlgorithm } from '../../core/index.js';
import { wholeNumber, wrongOption, wrongSetting } from './access-token-refusals.js';
import type {
  AccessTokenAlgorithm,
  AccessTokenIssuerOptions,
  IntrospectionOptions,
} from './access-token-issuer.options.js';
import { mediaType } from './media-type.js';
import { urlProblem } from './url-problem.js';
import { SubjectNamespace } from './subject-namespace.js';

/** An issuer as the authenticator works with it: checked, complete, frozen. */
export interface ResolvedIssuer {
  readonly issuer: string;
  readonly audience: string;
  readonly keys:
    { readonly discovery: true } | { readonly jwksUri: string } | { readonly jwksFile: string } | undefined;
  readonly algorithms: ReadonlySet<string>;
  /** Accepted `typ` values as media types without `application/`; the empty string stands for no `typ`. */
  readonly types: ReadonlySet<string>;
  readonly introspection: IntrospectionOptions | undefined;
  readonly claims: {
    readonly subject: string;
    readonly tenant: string;
    readonly permissions: string;
    readonly scope: string;
  };
  readonly scopeMap: ReadonlyMap<string, readonly string[]> | undefined;
  readonly namespace: SubjectNamespace;
  readonly leewaySeconds: number;
  readonly maximumRemainingSeconds: number;
  readonly maxKeyAgeSeconds: number;
}

const DAY_SECONDS = 24 * 60 * 60;
const DEFAULT_ALGORITHMS: readonly AccessTokenAlgorithm[] = ['ES256', 'RS256', 'PS256', 'EdDSA'];
/** Kinds of token that say of themselves that they are no access token: no configuration makes them one. */
const NEVER_ACCESS_TOKENS = new Set(['txntoken+jwt', 'dpop+jwt', 'logout+jwt', 'secevent+jwt', 'wit+jwt', 'wpt+jwt']);
const KEY_SOURCES = ['discovery', 'jwksUri', 'jwksFile'] as const;
const SCOPE_TOKEN = /^[\x21\x23-\x5B\x5D-\x7E]+$/;
const CLAIM_DEFAULTS = { subject: 'sub', tenant: 'tenant_id', permissions: 'permissions', scope: 'scope' } as const;
const ISSUER_KEYS = [
  'issuer',
  'audience',
  ...KEY_SOURCES,
  'algorithms',
  'types',
  'introspection',
  'claims',
  'scopeMap',
  'subjectNamespace',
  'leewaySeconds',
  'maximumRemainingSeconds',
  'maxKeyAgeSeconds',
];

/**
 * Checks every issuer by itself and all of them together.
 * @throws InternalTokenError `configuration_invalid`, naming the option, what it was given and the fix
 */
export function resolveIssuers(
  issuers: readonly AccessTokenIssuerOptions[],
  allowInsecureLoopback: boolean,
): readonly ResolvedIssuer[] {
  if (!Array.isArray(issuers) || issuers.length === 0) {
    throw wrongOption('issuers', issuers, 'name at least one issuer whose access tokens the gateway accepts');
  }
  const settings = issuers.map((options, index) => resolveIssuer(options, `issuers[${index}]`, allowInsecureLoopback));
  checkDistinct(settings);
  return Object.freeze(settings);
}

function resolveIssuer(options: AccessTokenIssuerOptions, at: string, allowInsecureLoopback: boolean): ResolvedIssuer {
  onlyKnown(options, ISSUER_KEYS, at);
  const issuer = text(options.issuer, `${at}.issuer`, 'the issuer exactly as its tokens name it in iss');
  const audience = text(options.audience, `${at}.audience`, "the gateway's identifier, which aud has to contain");
  const keys = keySource(options, at, allowInsecureLoopback);
  const introspection = resolveIntrospection(options.introspection, `${at}.introspection`, allowInsecureLoopback);
  if (keys === undefined && introspection === undefined) {
    throw wrongSetting(at, 'no key source', `set one of ${KEY_SOURCES.join(', ')}, or introspection for opaque tokens`);
  }
  return Object.freeze({
    issuer,
    audience,
    keys,
    algorithms: algorithms(options.algorithms, `${at}.algorithms`),
    types: types(options.types, `${at}.types`),
    introspection,
    claims: claimNames(options.claims, `${at}.claims`),
    scopeMap: scopeMap(options.scopeMap, `${at}.scopeMap`),
    namespace: new SubjectNamespace(options.subjectNamespace, `${at}.subjectNamespace`),
    leewaySeconds: wholeNumber(options.leewaySeconds, `${at}.leewaySeconds`, 5, 0, 60),
    maximumRemainingSeconds: wholeNumber(
      options.maximumRemainingSeconds,
      `${at}.maximumRemainingSeconds`,
      31 * DAY_SECONDS,
      60,
      366 * DAY_SECONDS,
    ),
    maxKeyAgeSeconds: wholeNumber(options.maxKeyAgeSeconds, `${at}.maxKeyAgeSeconds`, DAY_SECONDS, 1, 30 * DAY_SECONDS),
  });
}

function keySource(options: AccessTokenIssuerOptions, at: string, loopback: boolean): ResolvedIssuer['keys'] {
  const given = KEY_SOURCES.filter((key) => options[key] !== undefined);
  if (given.length > 1) throw wrongSetting(at, given.join(' and '), 'keep one of them: keys have one source');
  if (options.discovery !== undefined) {
    if (options.discovery !== true)
      throw wrongOption(`${at}.discovery`, options.discovery, 'set it to true or leave it out');
    const problem = urlProblem(options.issuer, loopback);
    const fix = 'discovery asks the issuer at its own address, which has to be https: correct it, or set jwksUri';
    if (problem !== undefined) throw wrongSetting(`${at}.issuer`, `a value that ${problem}`, fix);
    return Object.freeze({ discovery: true });
  }
  if (options.jwksUri !== undefined) {
    return Object.freeze({ jwksUri: address(options.jwksUri, `${at}.jwksUri`, loopback) });
  }
  if (options.jwksFile === undefined) return undefined;
  return Object.freeze({ jwksFile: text(options.jwksFile, `${at}.jwksFile`, 'the path of a JSON Web Key Set') });
}

function resolveIntrospection(
  options: IntrospectionOptions | undefined,
  at: string,
  loopback: boolean,
): IntrospectionOptions | undefined {
  if (options === undefined) return undefined;
  onlyKnown(options, ['endpoint', 'clientId', 'clientSecretFile', 'tokenPrefix'], at);
  const { tokenPrefix } = options;
  if (
    tokenPrefix !== undefined &&
    (typeof tokenPrefix !== 'string' || !/^[A-Za-z0-9\-._~+/]{1,64}$/.test(tokenPrefix))
  ) {
    throw wrongOption(`${at}.tokenPrefix`, tokenPrefix, 'give the 1 to 64 characters with which each token begins');
  }
  if (tokenPrefix?.startsWith('ey')) {
    throw wrongOption(`${at}.tokenPrefix`, tokenPrefix, 'choose another: "ey" is how every JWT begins');
  }
  return Object.freeze({
    endpoint: address(options.endpoint, `${at}.endpoint`, loopback),
    clientId: text(options.clientId, `${at}.clientId`, 'the client that the gateway is at this issuer'),
    clientSecretFile: text(options.clientSecretFile, `${at}.clientSecretFile`, 'the file that holds the client secret'),
    ...(tokenPrefix === undefined ? {} : { tokenPrefix }),
  });
}

function algorithms(given: readonly string[] | undefined, at: string): ReadonlySet<string> {
  const chosen = given === undefined ? DEFAULT_ALGORITHMS : strings(given, at);
  for (const algorithm of chosen) {
    if (isSigningAlgorithm(algorithm)) continue;
    const fix =
      'choose from ES256, ES384, ES512, EdDSA, RS256, PS256; nothing unsigned and no shared secret is accepted';
    throw wrongOption(at, algorithm, fix);
  }
  return new Set(chosen);
}

function types(given: readonly string[] | undefined, at: string): ReadonlySet<string> {
  const chosen = (given === undefined ? ['at+jwt'] : strings(given, at)).map(mediaType);
  const refused = chosen.find((type) => NEVER_ACCESS_TOKENS.has(type));
  if (refused !== undefined) throw wrongOption(at, refused, 'remove it: such a token is not an access token');
  return new Set(chosen);
}

function claimNames(given: AccessTokenIssuerOptions['claims'], at: string): ResolvedIssuer['claims'] {
  if (given === undefined) return CLAIM_DEFAULTS;
  onlyKnown(given, Object.keys(CLAIM_DEFAULTS), at);
  const name = (key: keyof typeof CLAIM_DEFAULTS): string =>
    given[key] === undefined ? CLAIM_DEFAULTS[key] : text(given[key], `${at}.${key}`, 'the name of a top-level claim');
  return Object.freeze({
    subject: name('subject'),
    tenant: name('tenant'),
    permissions: name('permissions'),
    scope: name('scope'),
  });
}

function scopeMap(given: AccessTokenIssuerOptions['scopeMap'], at: string): ResolvedIssuer['scopeMap'] {
  if (given === undefined) return undefined;
  if (!isRecord(given)) throw wrongOption(at, given, 'give an object of external scope to internal scope');
  const map = new Map<string, readonly string[]>();
  for (const [external, target] of Object.entries(given)) {
    const internal = typeof target === 'string' ? [target] : strings(target, `${at}.${external}`);
    const wrong = [external, ...internal].find((scope) => !SCOPE_TOKEN.test(scope));
    if (wrong !== undefined) throw wrongOption(`${at}.${external}`, wrong, 'use one scope per string, without spaces');
    if (internal.includes('anonymous')) {
      throw wrongOption(`${at}.${external}`, 'anonymous', 'choose another: it marks requests without credentials');
    }
    map.set(external, Object.freeze([...internal]));
  }
  return map;
}

function checkDistinct(settings: readonly ResolvedIssuer[]): void {
  const names = new Set<string>();
  const namespaces = new Set<string>();
  const prefixes: string[] = [];
  const introspected = settings.filter((each) => each.introspection !== undefined).length;
  for (const [index, { issuer, namespace, introspection }] of settings.entries()) {
    if (names.has(issuer)) throw wrongOption(`issuers[${index}].issuer`, issuer, 'configure each issuer once');
    names.add(issuer);
    const { name } = namespace;
    if ((index > 0 && name === '') || namespaces.has(name)) {
      const fix = 'give each further issuer a subjectNamespace of its own: two issuers may use the same subject';
      throw wrongOption(`issuers[${index}].subjectNamespace`, name === '' ? undefined : name, fix);
    }
    namespaces.add(name);
    if (introspection === undefined || introspected === 1) continue;
    const at = `issuers[${index}].introspection.tokenPrefix`;
    const prefix = introspection.tokenPrefix;
    if (prefix === undefined || prefixes.some((other) => other.startsWith(prefix) || prefix.startsWith(other))) {
      throw wrongOption(at, prefix, 'give a distinct prefix: no token may be shown to another issuer');
    }
    prefixes.push(prefix);
  }
}

function onlyKnown(value: unknown, known: readonly string[], at: string): void {
  if (!isRecord(value)) throw wrongOption(at, value, `give an object with ${known.join(', ')}`);
  const unknown = Object.keys(value).find((key) => !known.includes(key));
  if (unknown !== undefined)
    throw wrongSetting(`${at}.${unknown}`, 'an unknown option', `use one of ${known.join(', ')}`);
}

function address(value: unknown, at: string, loopback: boolean): string {
  const problem = urlProblem(value, loopback);
  if (problem !== undefined) throw wrongSetting(at, `a value that ${problem}`, 'give an https address');
  return value as string;
}

function text(value: unknown, at: string, what: string): string {
  if (typeof value === 'string' && value !== '' && value.trim() === value) return value;
  throw wrongOption(at, value, `give ${what}`);
}

function strings(value: unknown, at: string): readonly string[] {
  if (Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === 'string')) return value;
  throw wrongOption(at, value, 'give an array of strings with at least one entry, or leave it out for the default');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
