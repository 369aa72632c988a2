import { Controller, Get, Req, Res } from '@nestjs/common';
import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { JsonWebKeySet } from '../../core/index.js';
import { NoInternalToken } from '../../nest/index.js';
import { InternalTokenIssuer } from './internal-token-issuer.js';

type Framework<T> = T & { readonly raw?: T };

interface Representation {
  readonly body: Buffer;
  readonly etag: string;
}

/** The issuer returns the same object until its keys change. */
const representations = new WeakMap<JsonWebKeySet, Representation>();

/**
 * Publishes the public keys at `/.well-known/jwks.json` (RFC 7517, section 5). Declare it in the gateway. It needs no
 * token and is for internal use only, so on the public listener the edge answers 404.
 */
@Controller('.well-known')
@NoInternalToken()
export class JwksController {
  constructor(private readonly issuer: InternalTokenIssuer) {}

  /**
   * May be cached for 30 seconds and then revalidated by its ETag. Written to the raw response, since both frameworks
   * would add a `charset`, which this media type does not have (RFC 7517, section 8.5.2).
   */
  @Get('jwks.json')
  keys(@Req() request: Framework<IncomingMessage>, @Res() response: Framework<ServerResponse>): void {
    const { body, etag } = representationOf(this.issuer.publicJwks());
    const raw = response.raw ?? response;
    raw.setHeader('Cache-Control', 'public, max-age=30');
    raw.setHeader('ETag', etag);
    if (matches((request.raw ?? request).headers['if-none-match'], etag)) {
      raw.writeHead(304).end();
      return;
    }
    // Node omits the body of an answer to HEAD.
    raw.writeHead(200, { 'Content-Type': 'application/jwk-set+json', 'Content-Length': body.length }).end(body);
  }
}

function representationOf(keys: JsonWebKeySet): Representation {
  const known = representations.get(keys);
  if (known !== undefined) return known;
  const body = Buffer.from(JSON.stringify(keys));
  const etag = `"${createHash('sha256').update(body).digest('base64url')}"`;
  const representation = { body, etag };
  representations.set(keys, representation);
  return representation;
}

/** Weak comparison of a list of tags (RFC 9110, section 13.1.2). */
function matches(field: string | undefined, etag: string): boolean {
  if (field === undefined) return false;
  return field.split(',').some((tag) => ['*', etag].includes(tag.trim().replace(/^W\//, '')));
}
