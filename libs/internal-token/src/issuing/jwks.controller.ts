import { Controller, Get, Header } from '@nestjs/common';
import type { JsonWebKeySet } from '../core/index.js';
import { NoInternalToken } from '../nest/index.js';
import { InternalTokenIssuer } from './internal-token.issuer.js';

/**
 * Publishes the public keys at `/.well-known/jwks.json` (RFC 7517, section 5). Declare it in the gateway; on the public
 * listener the edge answers 404, because it needs no token and is nobody's business outside.
 */
@Controller('.well-known')
@NoInternalToken()
export class JwksController {
  constructor(private readonly issuer: InternalTokenIssuer) {}

  /** Cacheable for a minute: less than a verifier waits between two refreshes. */
  @Get('jwks.json')
  @Header('Content-Type', 'application/jwk-set+json')
  @Header('Cache-Control', 'public, max-age=60')
  keys(): JsonWebKeySet {
    return this.issuer.publicJwks();
  }
}
