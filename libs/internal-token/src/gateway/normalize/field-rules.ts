import { LRUCache } from 'lru-cache';

/** What is done with a request field from outside. `forwarded` is believed from configured proxies alone. */
export type FieldRule = 'keep' | 'drop' | 'forwarded';

/**
 * Said by this system alone, whatever the options. Written without separators and in lower case, so that `Txn-Token`,
 * `Txn_Token`, `txn.token` and `TXNTOKEN` are one name: some program on the way may take each for the other.
 */
const OURS = new Set([
  // the internal token, under its names past and present
  'txntoken',
  'xtxntoken',
  'transactiontoken',
  'xtransactiontoken',
  // workload identity (WIMSE) and client certificates (RFC 9440): only a terminating proxy of ours could say them
  'workloadidentitytoken',
  'workloadprooftoken',
  'clientcert',
  'clientcertchain',
  // trace context: the trace starts at the edge
  'traceparent',
  'tracestate',
  // another target or method than the request line's
  'xoriginalurl',
  'xoriginaluri',
  'xoriginalmethod',
  'xoriginalhost',
  'xrewriteurl',
  'xhttpmethod',
  'xhttpmethodoverride',
  'xmethodoverride',
]);
const OUR_PREFIXES = ['xinternal', 'xwimse'];

/** Said by proxies; believed from configured ones only, and then only in its exact spelling. */
const FORWARDED = new Set([
  'forwarded',
  'xforwarded',
  'xforwardedfor',
  'xforwardedhost',
  'xforwardedproto',
  'xforwardedport',
  'xforwardedprefix',
  'xforwardedserver',
  'xrealip',
  'xclientip',
  'xclusterclientip',
  'trueclientip',
  'cfconnectingip',
]);
const FORWARDED_PREFIXES = ['xoriginalforwarded', 'xenvoy'];

/** What other systems say of a trace or a user. Dropped in every spelling, unless `keepHeaders` names the field. */
const TRACES = new Set([
  'baggage',
  'xrequestid',
  'b3',
  'ubertraceid',
  'sentrytrace',
  'jaegerbaggage',
  'elasticapmtraceparent',
  'xamzntraceid',
  'xcloudtracecontext',
]);
const IDENTITIES = new Set([
  'remoteuser',
  'xremoteuser',
  'xuserid',
  'xusername',
  'xuseremail',
  'xuserinfo',
  'xuserrole',
  'xuserroles',
  'xuserscopes',
  'xuserpermissions',
  'xroles',
  'xtenant',
  'xtenantid',
  'xauthuserid',
  'xauthusername',
  'xauthuseremail',
  'xarrclientcert',
  'xcredentialidentifier',
  'xanonymousconsumer',
  'xwebauthuser',
  'xjwtassertion',
]);
/** The same by family: `x-auth-user` is `X-Auth-User` and `X-Auth-User-Id`, and not `X-Auth-Users`. */
const TRACE_FAMILIES = new Set(['x-b3', 'x-datadog', 'x-instana', 'uberctx']);
const IDENTITY_FAMILIES = new Set([
  // authenticating proxies, meshes and clouds
  'x-forwarded',
  'remote',
  'x-remote',
  'x-user',
  'x-authentik',
  'tailscale-user',
  'x-vouch',
  'impersonate',
  'x-authenticated',
  'x-auth-request',
  'x-auth-user',
  'x-consumer',
  'x-pomerium',
  'cf-access',
  'x-goog-iap',
  'x-goog-authenticated-user',
  'x-amzn-oidc',
  'x-amzn-mtls',
  'x-ms-client-principal',
  'x-ms-token',
  // client certificates
  'ssl-client',
  'x-ssl-client',
  'x-client-cert',
]);

/** About the connection, not the message (RFC 9110 section 7.6.1). Framing fields stay: the body is read by them. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authorization',
  'te',
  'upgrade',
  'http2-settings',
]);
/** Names that matter to the framework: `Content_Length` and `Authorization.` are not kept beside them. */
const SHADOWED = new Set(['authorization', 'cookie', 'host', 'contentlength', 'contenttype', 'transferencoding']);

/** Clients choose the names: both bound what they can make this process remember. */
const MAX_REMEMBERED = 512;
const LONGEST_REMEMBERED = 64;

/** What a gateway adds to the rules, and takes from them. */
export interface FieldRuleOptions {
  /** Further names to drop in every spelling. */
  readonly strip?: readonly string[];
  /** Names of other systems' fields that stay, in this spelling and any case. */
  readonly keep?: readonly string[];
}

/** Which fields of a public request stay. */
export class FieldRules {
  readonly #remembered = new LRUCache<string, FieldRule>({ max: MAX_REMEMBERED });
  readonly #stripped: ReadonlySet<string>;
  readonly #kept: ReadonlySet<string>;

  constructor({ strip = [], keep = [] }: FieldRuleOptions = {}) {
    this.#stripped = new Set(strip.map(squeeze));
    this.#kept = new Set(keep.map((name) => name.toLowerCase()));
  }

  /** The rule for a name as it was sent. */
  of(name: string): FieldRule {
    const known = this.#remembered.get(name);
    if (known !== undefined) return known;
    const rule = this.judge(name);
    if (name.length <= LONGEST_REMEMBERED) this.#remembered.set(name, rule);
    return rule;
  }

  /** The same, worked out anew. */
  judge(name: string): FieldRule {
    const lower = name.toLowerCase();
    if (HOP_BY_HOP.has(lower)) return 'drop';
    const squeezed = squeeze(lower);
    if (isOurs(squeezed) || this.#stripped.has(squeezed)) return 'drop';
    const respelt = /[_.]/.test(lower);
    if (isForwarded(squeezed)) return respelt ? 'drop' : 'forwarded';
    if (respelt && SHADOWED.has(squeezed)) return 'drop';
    const foreign = isOfTrace(lower, squeezed) || IDENTITIES.has(squeezed) || isOfFamily(lower, IDENTITY_FAMILIES);
    return foreign && !this.#kept.has(lower) ? 'drop' : 'keep';
  }
}

/**
 * Names that are said inside only, in whatever spelling: the internal token, workload identity, trace context, what
 * proxies tell each other. What a service says in its answer about a user is its own to say.
 */
export function isInternalName(name: string): boolean {
  const squeezed = squeeze(name);
  return isOurs(squeezed) || isForwarded(squeezed) || isOfTrace(name.toLowerCase(), squeezed);
}

function isOurs(squeezed: string): boolean {
  return OURS.has(squeezed) || startsWithAny(squeezed, OUR_PREFIXES);
}

function isForwarded(squeezed: string): boolean {
  return FORWARDED.has(squeezed) || startsWithAny(squeezed, FORWARDED_PREFIXES);
}

function isOfTrace(lower: string, squeezed: string): boolean {
  return TRACES.has(squeezed) || isOfFamily(lower, TRACE_FAMILIES);
}

function isOfFamily(lower: string, families: ReadonlySet<string>): boolean {
  const name = lower.replace(/[^a-z0-9]+/g, '-');
  for (let end = name.indexOf('-', 1); end !== -1; end = name.indexOf('-', end + 1)) {
    if (families.has(name.slice(0, end))) return true;
  }
  return families.has(name);
}

function squeeze(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}

function startsWithAny(name: string, prefixes: readonly string[]): boolean {
  return prefixes.some((prefix) => name.startsWith(prefix));
}
