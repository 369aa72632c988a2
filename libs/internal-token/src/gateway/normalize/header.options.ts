import { option } from '../../core/index.js';
import { AddressSet, isAddressBlock } from './client-address.js';
import { FieldRules } from './field-rules.js';
import { isPublicHost, PublicHosts } from './public-hosts.js';

/** Which fields of a public request are believed, and which go on to handlers and services. */
export interface HeaderOptions {
  /**
   * Addresses and CIDR blocks of the proxies in front of the gateway. Only their `X-Forwarded-For` is believed; from
   * everybody else forwarding fields are removed. Default none.
   */
  readonly trustedProxies?: readonly string[];
  /** Addresses and CIDR blocks of callers whose `traceparent` is kept as the link `caller_trace_id`. Default none. */
  readonly trustedCallers?: readonly string[];
  /**
   * The hosts that clients may name: `shop.example`, `shop.example:8443`, `*.shop.example` (one label). Without a port,
   * 80 and 443 are meant. What counts is `Host`, or `X-Forwarded-Host` of a trusted proxy; another one is answered 421.
   * Default: any.
   */
  readonly publicHosts?: readonly string[];
  /** Further request fields that outsiders may not say: former names of the internal token, identity fields. Default none. */
  readonly strip?: readonly string[];
  /**
   * Request fields of other systems that are removed by default and shall stay, such as `X-Request-Id`: from anybody, so
   * believe nothing that a client could write itself. What this system says itself cannot be kept. Default none.
   */
  readonly keep?: readonly string[];
  /** Let handlers and services see the caller's `Authorization`. Default false. */
  readonly forwardAuthorization?: boolean;
  /** Let handlers and services see the caller's `Cookie`. Default false. */
  readonly forwardCookies?: boolean;
}

/** {@link HeaderOptions}, checked, complete and frozen. */
export interface ResolvedHeaderOptions {
  readonly proxies: AddressSet;
  readonly callers: AddressSet;
  /** Undefined: any. */
  readonly publicHosts: PublicHosts | undefined;
  readonly fieldRules: FieldRules;
  readonly forwardAuthorization: boolean;
  readonly forwardCookies: boolean;
}

const NONE: readonly string[] = Object.freeze([]);
const FIELD_NAME = /^[A-Za-z0-9!#$%&'*+\-.^_`|~]+$/;

const block = option.check<string>('an address or a CIDR block, such as "10.0.0.0/8" or "fd00::/8"', isAddressBlock);
const host = option.check<string>(
  'a host such as "shop.example", "shop.example:8443" or "*.shop.example"',
  isPublicHost,
);
const fieldName = option.check<string>(
  'the name of a header field',
  (given) => typeof given === 'string' && FIELD_NAME.test(given),
);

const members = option.optionalGroup({
  trustedProxies: option.withDefault(NONE, option.listOf('addresses and CIDR blocks', block)),
  trustedCallers: option.withDefault(NONE, option.listOf('addresses and CIDR blocks', block)),
  publicHosts: option.optional(option.listOf('hosts', host, { atLeast: 1 })),
  strip: option.withDefault(NONE, option.listOf('header fields', fieldName)),
  keep: option.withDefault(NONE, option.listOf('header fields', fieldName)),
  forwardAuthorization: option.withDefault(false, option.flag),
  forwardCookies: option.withDefault(false, option.flag),
} satisfies option.ChecksOf<HeaderOptions>);

/** Checks {@link HeaderOptions}. */
export const headerOptions: option.Check<ResolvedHeaderOptions> = (given, at) => {
  const { trustedProxies, trustedCallers, publicHosts, strip, keep, ...flags } = members(given, at);
  const fieldRules = new FieldRules({ strip, keep });
  for (const [index, name] of keep.entries()) {
    if (fieldRules.judge(name) === 'keep') continue;
    const why = 'it is always removed (the internal token, our trace, forwarding, the connection) or is in "strip"';
    throw at.member('keep').item(index).refused(`cannot be "${name}": ${why}; leave it out`);
  }
  return Object.freeze({
    ...flags,
    proxies: new AddressSet(trustedProxies),
    callers: new AddressSet(trustedCallers),
    publicHosts: publicHosts && new PublicHosts(publicHosts),
    fieldRules,
  });
};
