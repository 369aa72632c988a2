// What every peer has in common: its settings, the claims that it mints, the fields that it forwards, and the answers.
import { randomUUID } from 'node:crypto';
import pino from 'pino';

/** As the bench gives them: `port`, `upstream`, `next`, `log`, and the parties `access` and `internal`. */
export const settings = JSON.parse(process.env.BENCH);
const { internal } = settings;

export const HEADER = 'txn-token';

/** One line a request, as far as lines are wanted. The answer's fields are those that every target can tell. */
const logger = settings.log ? pino({ base: null }) : undefined;
export const logRequest = logger
  ? (txn, { method, url }, status, startedAt) =>
      logger.info({ txn, method, path: url, status, ms: performance.now() - startedAt }, 'request')
  : undefined;

/** As many claims as the library's token has, and as long. */
export function internalClaims(access, request) {
  const iat = Math.floor(Date.now() / 1000);
  return {
    iss: internal.issuer,
    aud: internal.audience,
    iat,
    exp: iat + 60,
    txn: randomUUID(),
    sub: access.sub,
    scope: access.scope,
    req_wl: 'gateway',
    tctx: { tenant_id: access.tenant, permissions: access.roles, authenticated: true },
    rctx: { req_ip: request.socket.remoteAddress },
  };
}

/** Hop-by-hop fields (RFC 9110, section 7.6.1), the caller's credentials, and a token that the caller made up. */
const NOT_FORWARDED = new Set(
  `connection keep-alive proxy-authenticate proxy-authorization te trailer transfer-encoding upgrade
   host authorization ${HEADER}`.split(/\s+/),
);

export function forwardedHeaders(headers, token) {
  const forwarded = {};
  for (const name in headers) if (!NOT_FORWARDED.has(name)) forwarded[name] = headers[name];
  if (token !== undefined) forwarded[HEADER] = token;
  return forwarded;
}

/** @returns the public keys of a party */
export async function fetchKeys({ jwksUri }) {
  const response = await fetch(jwksUri);
  if (!response.ok) throw new Error(`${jwksUri}: ${response.status}`);
  return (await response.json()).keys;
}
