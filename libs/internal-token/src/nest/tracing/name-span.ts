import type { ExecutionContext } from '@nestjs/common';
import { currentStore } from '../context/internal-token-store.js';
import { routesOfHandler } from '../routes/reflect-routes.js';

/** The running span learns which handler serves the request: `POST /orders`. */
export function nameSpan(execution: ExecutionContext): void {
  const [first] = routesOfHandler(execution.getClass(), execution.getHandler());
  if (first === undefined) return;
  const path = matchedPath(execution) ?? first.path;
  currentStore()?.span?.describe({ op: `${first.method} ${path}`, route: path });
}

/** The pattern that the adapter matched, with the application's prefix and version. */
function matchedPath(execution: ExecutionContext): string | undefined {
  const request = execution.switchToHttp().getRequest<AdapterRequest>();
  const pattern = request.routeOptions?.url ?? request.route?.path;
  return typeof pattern === 'string' ? pattern : undefined;
}

/** Fastify's request and Express': what they tell of the route. */
interface AdapterRequest {
  readonly routeOptions?: { readonly url?: unknown };
  readonly route?: { readonly path?: unknown };
}
