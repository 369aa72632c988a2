import type { IncomingMessage } from 'node:http';
import { InternalTokenError, type Step } from '../../nest/index.js';
import type { ResolvedEdgeOptions } from '../edge.options.js';
import type { GatewayRequest } from '../gateway-request.js';
import { callerTraceId } from './caller-trace-id.js';
import { clientAddress, peerAddress } from './client-address.js';
import { cleanFields, replaceField, sealFields } from './header-hygiene.js';
import { effectiveHost } from './effective-host.js';
import { checkHead } from './check-head.js';
import { readTarget } from './request-target.js';

type Options = Pick<ResolvedEdgeOptions, 'proxies' | 'callers' | 'publicHosts' | 'fieldRules'>;

/**
 * Brings a public request into the one form that everything behind can rely on: checks its framing, removes the fields
 * that external clients must not set, reads its target and its host.
 * @throws InternalTokenError `invalid_request`, `misdirected_request`; `route_not_found` for `/internal`
 */
export function normalize({ proxies, callers, publicHosts, fieldRules }: Options): Step<GatewayRequest> {
  return (request) => {
    const { raw } = request;
    const peer = peerAddress(raw);
    request.clientAddress = clientAddress(raw, peer, proxies);
    request.protocol = raw.headers.upgrade?.toLowerCase();
    // Our trace is another; that of a trusted caller is noted beside it.
    const trace = callers.has(request.clientAddress) ? callerTraceId(raw.headers['traceparent']) : undefined;
    if (trace !== undefined) request.span?.describe({ callerTraceId: trace });
    cleanFields(raw, fieldRules, proxies.has(peer));
    checkHead(request);
    const target = readTarget(raw.url ?? '');
    raw.url = target.url;
    if (target.authority !== undefined) replaceField(raw, 'host', target.authority);
    assertHost(raw, publicHosts);
    if (target.internal) throw new InternalTokenError('route_not_found');
  };
}

/**
 * The same for a request to an open `@WebSocketGateway()` class, which has a path and no route. Its `Upgrade` stays.
 * @throws InternalTokenError `invalid_request`, `misdirected_request`
 */
export function normalizeOpen(raw: IncomingMessage, { proxies, publicHosts, fieldRules }: Options): void {
  const { upgrade } = raw.headers;
  cleanFields(raw, fieldRules, proxies.has(peerAddress(raw)));
  if (upgrade !== undefined) raw.headers.upgrade = upgrade;
  sealFields(raw);
  checkHead({ raw });
  assertHost(raw, publicHosts);
}

function assertHost(raw: IncomingMessage, hosts: Options['publicHosts']): void {
  if (hosts?.has(effectiveHost(raw)) === false) throw new InternalTokenError('misdirected_request');
}
