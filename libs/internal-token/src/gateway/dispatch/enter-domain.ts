import type { RequestRecord, RouteDefinition, Tracer } from '../../nest/index.js';

/** Hands the request to a handler in this process, in a span of its domain, as if the domain ran in its own process. */
export function enterDomain(request: RequestRecord, { domain, path }: RouteDefinition, tracer: Tracer): void {
  if (request.span?.service === domain) return;
  const op = `${request.raw.method} ${path}`;
  request.enterDomain(tracer.open({ op, kind: 'internal', service: domain, route: path }, request));
}
