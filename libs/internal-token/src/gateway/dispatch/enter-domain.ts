import type { RequestRecord, RouteDefinition, Tracer } from '../../nest/index.js';

/** The request goes on to a handler of this process: in the span of its domain, as in a process of its own. */
export function enterDomain(request: RequestRecord, { domain, path }: RouteDefinition, tracer: Tracer): void {
  if (request.span?.service === domain) return;
  const op = `${request.raw.method} ${path}`;
  request.enterDomain(tracer.open({ op, kind: 'internal', service: domain, route: path }, request));
}
