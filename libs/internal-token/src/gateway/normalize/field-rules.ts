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
const FORWARDED = new Set(['forwarded', 'xrealip', 'xclientip', 'xclusterclientip', 'trueclientip', 'cfconnectingip']);
const FORWARDED_PREFIXES = ['xforwarded', 'xoriginalforwarded', 'xenvoy'];

/** What other systems say of a user or a trace. Dropped in every spelling, unless `keepHeaders` names the field. */
const FOREIGN = new Set([
  // traces
  'baggage',
  'xrequestid',
  'b3',
  'ubertraceid',
  'sentrytrace',
  'xamzntraceid',
  'xcloudtracecontext',
  // identities
  'remoteuser',
  'xremoteuser',
  'xuser',
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
]);
/** The same by family: `x-auth-user` is `X-Auth-User` and `X-Auth-User-Id`, and not `X-Auth-Users`. */
const FOREIGN_FAMILIES = new Set([
  // traces
  'x-b3',
  'x-datadog',
  'uberctx',
  // identities: authenticating proxies, meshes and clouds
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
    return isForeign(lower, squeezed) && !this.#kept.has(lower) ? 'drop' : 'keep';
  }
}

/**
 * Names that are said inside only, in whatever spelling: the internal token, workload identity, trace context, what
 * proxies tell each other.
 */
export function isInternalName(name: string): boolean {
  const squeezed = squeeze(name);
  return isOurs(squeezed) || isForwarded(squeezed) || isForeign(name.toLowerCase(), squeezed);
}

function isOurs(squeezed: string): boolean {
  return OURS.has(squeezed) || startsWithAny(squeezed, OUR_PREFIXES);
}

function isForwarded(squeezed: string): boolean {
  return FORWARDED.has(squeezed) || startsWithAny(squeezed, FORWARDED_PREFIXES);
}

function isForeign(lower: string, squeezed: string): boolean {
  if (FOREIGN.has(squeezed)) return true;
  const name = lower.replace(/[^a-z0-9]+/g, '-');
  for (let end = name.indexOf('-', 1); end !== -1; end = name.indexOf('-', end + 1)) {
    if (FOREIGN_FAMILIES.has(name.slice(0, end))) return true;
  }
  return FOREIGN_FAMILIES.has(name);
}

function squeeze(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}

function startsWithAny(name: string, prefixes: readonly string[]): boolean {
  return prefixes.some((prefix) => name.startsWith(prefix));
}
