import { algorithmOption, maxAgeSeconds, option, OptionPath } from '../../core/index.js';
import type {
  AccessTokenAlgorithm,
  AccessTokenClaimNames,
  AccessTokenIssuerOptions,
  IntrospectionOptions,
} from './access-token-issuer.options.js';
import { mediaType } from './media-type.js';
import { SubjectNamespace } from './subject-namespace.js';
import { urlProblem } from './url-problem.js';

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

const claimName = option.text('the name of a top-level claim');
const scope = option.check<string>(
  'one scope without spaces, other than "anonymous", which marks requests without credentials',
  (given) => typeof given === 'string' && SCOPE_TOKEN.test(given) && given !== 'anonymous',
);
const scopes: option.Check<readonly string[]> = (given, at) =>
  Array.isArray(given) ? option.listOf('scopes', scope, { atLeast: 1 })(given, at) : Object.freeze([scope(given, at)]);

const tokenPrefix = option.check<string>(
  'the 1 to 64 characters with which each opaque token begins, other than "ey", with which every JWT does',
  (given) => typeof given === 'string' && /^[A-Za-z0-9\-._~+/]{1,64}$/.test(given) && !given.startsWith('ey'),
);

const type: option.Check<string> = (given, at) => {
  if (typeof given !== 'string') throw at.mustBe('a media type such as "at+jwt", or "" for none', given);
  if (!NEVER_ACCESS_TOKENS.has(mediaType(given))) return given;
  throw at.refused(`is "${given}", which is not an access token; remove it`);
};

const issuerMembers = (address: option.Check<string>) =>
  option.group({
    issuer: option.text('the issuer exactly as its tokens name it in "iss"'),
    audience: option.text('the identifier of the gateway, which "aud" has to contain'),
    discovery: option.optional(option.check<true>('true, or left out', (given) => given === true)),
    jwksUri: option.optional(address),
    jwksFile: option.optional(option.text('the path of a JSON Web Key Set')),
    algorithms: option.withDefault(DEFAULT_ALGORITHMS, option.listOf('algorithms', algorithmOption, { atLeast: 1 })),
    types: option.withDefault<readonly string[]>(['at+jwt'], option.listOf('types', type, { atLeast: 1 })),
    introspection: option.optional(
      option.group({
        endpoint: address,
        clientId: option.text('the client that the gateway is at this issuer'),
        clientSecretFile: option.text('the path of the file that holds the client secret'),
        tokenPrefix: option.optional(tokenPrefix),
      } satisfies option.ChecksOf<IntrospectionOptions>),
    ),
    claims: option.optionalGroup({
      subject: option.withDefault('sub', claimName),
      tenant: option.withDefault('tenant_id', claimName),
      permissions: option.withDefault('permissions', claimName),
      scope: option.withDefault('scope', claimName),
    } satisfies option.ChecksOf<AccessTokenClaimNames>),
    scopeMap: option.optional(option.recordOf('internal scopes by external scope', scopes)),
    subjectNamespace: (given, at) => new SubjectNamespace(given, at),
    leewaySeconds: option.withDefault(5, option.wholeNumber(0, 60, 'seconds')),
    maximumRemainingSeconds: option.withDefault(31 * DAY_SECONDS, option.wholeNumber(60, 366 * DAY_SECONDS, 'seconds')),
    maxKeyAgeSeconds: option.withDefault(DAY_SECONDS, maxAgeSeconds),
  } satisfies option.ChecksOf<AccessTokenIssuerOptions>);

/**
 * Checks every issuer by itself and all of them together.
 * @param at the place of the list, for messages
 * @throws InternalTokenError `configuration_invalid`, naming the option, what was given and what is allowed
 */
export function resolveIssuers(
  issuers: readonly AccessTokenIssuerOptions[],
  allowInsecureLoopback: boolean,
  at: OptionPath,
): readonly ResolvedIssuer[] {
  const address: option.Check<string> = (given, path) => {
    const problem = urlProblem(given, allowInsecureLoopback);
    if (problem === undefined) return given as string;
    if (given === undefined) throw path.mustBe('an https address', given);
    throw path.refused(`must be an https address; this one ${problem}`);
  };
  const members = issuerMembers(address);
  const resolved = issuers.map((given, index) =>
    resolveIssuer(members(given, at.item(index)), at.item(index), address),
  );
  checkDistinct(resolved, at);
  return Object.freeze(resolved);
}

type IssuerMembers = ReturnType<ReturnType<typeof issuerMembers>>;

function resolveIssuer(members: IssuerMembers, at: OptionPath, address: option.Check<string>): ResolvedIssuer {
  const { issuer, discovery, jwksUri, jwksFile, algorithms, types, scopeMap, subjectNamespace, ...rest } = members;
  const named = KEY_SOURCES.filter((name) => members[name] !== undefined);
  if (named.length > 1) {
    throw at.refused(`has ${option.either(named).replace(' or ', ' and ')}; keep one of them: keys have one source`);
  }
  if (named.length === 0 && members.introspection === undefined) {
    const fix = `set one of ${option.either(KEY_SOURCES)}, or "introspection" for opaque tokens`;
    throw at.refused(`has no source of keys; ${fix}`);
  }
  // Discovery asks the issuer at its own address.
  if (discovery !== undefined) address(issuer, at.member('issuer'));
  return Object.freeze({
    introspection: undefined,
    ...rest,
    issuer,
    keys:
      discovery !== undefined
        ? { discovery }
        : jwksUri !== undefined
          ? { jwksUri }
          : jwksFile !== undefined
            ? { jwksFile }
            : undefined,
    algorithms: new Set(algorithms),
    types: new Set(types.map(mediaType)),
    scopeMap: scopeMap && new Map(Object.entries(scopeMap)),
    namespace: subjectNamespace,
  });
}

function checkDistinct(settings: readonly ResolvedIssuer[], list: OptionPath): void {
  const names = new Set<string>();
  const namespaces = new Set<string>();
  const prefixes: string[] = [];
  const introspected = settings.filter((each) => each.introspection !== undefined).length;
  for (const [index, { issuer, namespace, introspection }] of settings.entries()) {
    const at = list.item(index);
    if (names.has(issuer)) throw at.member('issuer').refused(`is "${issuer}" again; configure each issuer once`);
    names.add(issuer);
    const { name } = namespace;
    if ((index > 0 && name === '') || namespaces.has(name)) {
      throw at
        .member('subjectNamespace')
        .mustBe('another one for each further issuer, since two issuers may use the same subject', name || undefined);
    }
    namespaces.add(name);
    if (introspection === undefined || introspected === 1) continue;
    const prefix = introspection.tokenPrefix;
    if (prefix === undefined || prefixes.some((other) => other.startsWith(prefix) || prefix.startsWith(other))) {
      throw at
        .member('introspection')
        .member('tokenPrefix')
        .mustBe('a distinct prefix, since no token may be shown to another issuer', prefix);
    }
    prefixes.push(prefix);
  }
}
