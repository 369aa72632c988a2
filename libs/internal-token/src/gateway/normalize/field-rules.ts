import { RecentMap } from '../../core/index.js';

/** What is done with a request field from outside. `forwarded` fields are trusted only from configured proxies. */
export type FieldRule = 'keep' | 'drop' | 'forwarded';

/** What is known of a field by its name. */
export interface KnownField {
  readonly rule: FieldRule;
  /** The name in lower case. */
  readonly lower: string;
}

/**
 * Headers that only this system may set, whatever the options. Written without separators and in lower case, so that
 * `Txn-Token`, `Txn_Token`, `txn.token` and `TXNTOKEN` are one name: some programs do not distinguish them.
 */
const OURS = new Set([
  // the internal token, under its present and former names
  'txntoken',
  'xtxntoken',
  'transactiontoken',
  'xtransactiontoken',
  // workload identity (WIMSE) and client certificates (RFC 9440): only our own TLS proxy could set them
  'workloadidentitytoken',
  'workloadprooftoken',
  'clientcert',
  'clientcertchain',
  // trace context: the trace starts at the edge
  'traceparent',
  'tracestate',
  // a target or method that differs from the request line
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

/** Headers that proxies set. Trusted only from configured proxies, and only in their exact spelling. */
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

/** Headers of other systems about a trace or a user. Dropped in every spelling unless `headers.keep` names them. */
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
/** Families of such names: `x-auth-user` covers `X-Auth-User` and `X-Auth-User-Id`, but not `X-Auth-Users`. */
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

/** Fields of the connection, not the message (RFC 9110 section 7.6.1). Framing fields are kept to read the body. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authorization',
  'te',
  'upgrade',
  'http2-settings',
]);
/** Names that matter to the framework; look-alikes such as `Content_Length` and `Authorization.` are dropped. */
const SHADOWED = new Set(['authorization', 'cookie', 'host', 'contentlength', 'contenttype', 'transferencoding']);

/** Bound the memory for names, which clients choose. */
const MAX_REMEMBERED = 512;
const LONGEST_REMEMBERED = 64;

/** Changes to the rules. */
export interface FieldRuleOptions {
  /** Further names to drop in every spelling. */
  readonly strip?: readonly string[];
  /** Names of other systems' fields that are kept, in this spelling and any case. */
  readonly keep?: readonly string[];
}

/** Decides which fields of a public request are kept. */
export class FieldRules {
  readonly #remembered = new RecentMap<string, KnownField>(MAX_REMEMBERED);
  readonly #stripped: ReadonlySet<string>;
  readonly #kept: ReadonlySet<string>;

  constructor({ strip = [], keep = [] }: FieldRuleOptions = {}) {
    this.#stripped = new Set(strip.map(squeeze));
    this.#kept = new Set(keep.map((name) => name.toLowerCase()));
  }

  /** What is known of a name as it was sent. */
  of(name: string): KnownField {
    const remembered = this.#remembered.get(name);
    if (remembered !== undefined) return remembered;
    const known = { rule: this.judge(name), lower: name.toLowerCase() };
    if (name.length <= LONGEST_REMEMBERED) this.#remembered.set(name, known);
    return known;
  }

  /** The rule for a name, without the cache. */
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
 * True for names that are for internal use only, in any spelling: the internal token, workload identity, trace context
 * and forwarding headers. Headers about a user are not among them: a service may put those into its answer.
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
