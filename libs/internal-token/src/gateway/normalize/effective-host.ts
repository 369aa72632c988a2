import type { IncomingMessage } from 'node:http';

/**
 * The authority that the client requested: the first entry of `X-Forwarded-Host`, which header hygiene keeps only from
 * a configured proxy, otherwise `Host`. Empty if there is neither.
 */
export function effectiveHost(request: IncomingMessage): string {
  const said = request.headers['x-forwarded-host'];
  const first = (Array.isArray(said) ? said[0] : said)?.split(',')[0]?.trim();
  return first ?? request.headers.host ?? '';
}
