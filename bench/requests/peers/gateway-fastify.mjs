// `peer`: the best gateway that a team would put together. Fastify with @fastify/http-proxy (undici below), fast-jwt
// with its cache, one signature a request, and pino as Fastify brings it.
import { createPrivateKey, createPublicKey } from 'node:crypto';
import proxy from '@fastify/http-proxy';
import { createSigner, createVerifier } from 'fast-jwt';
import Fastify, { LogController } from 'fastify';
import { fetchKeys, HEADER, internalClaims, settings } from './shared.mjs';

const { access, internal, log } = settings;

const verifiers = new Map(
  (await fetchKeys(access)).map((jwk) => [
    jwk.kid,
    createVerifier({
      key: createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' }),
      algorithms: [jwk.alg],
      allowedIss: access.issuer,
      allowedAud: access.audience,
      cache: 10_000,
    }),
  ]),
);
const sign = createSigner({
  key: createPrivateKey({ key: internal.privateJwk, format: 'jwk' }).export({ type: 'pkcs8', format: 'pem' }),
  algorithm: 'ES256',
  kid: internal.privateJwk.kid,
  header: { typ: 'txntoken+jwt' },
});

const verifierByHeader = new Map();
function verify(token) {
  const header = token.slice(0, token.indexOf('.'));
  let verifier = verifierByHeader.get(header);
  if (verifier === undefined) {
    verifier = verifiers.get(JSON.parse(Buffer.from(header, 'base64url').toString()).kid);
    verifierByHeader.set(header, verifier);
  }
  return verifier(token);
}

const app = Fastify({
  logger: log && { level: 'info', base: null },
  logController: new LogController({ disableRequestLogging: true }),
});
app.register(proxy, {
  upstream: settings.upstream,
  http2: false,
  undici: { connections: 64 },
  // The two lines of its own: one line a request, as of every other target.
  disableRequestLogging: true,
  preHandler(request, reply, done) {
    try {
      const claims = internalClaims(verify(request.headers.authorization.slice(7)), request);
      request.txn = claims.txn;
      request.internalToken = sign(claims);
    } catch {
      reply.code(401).send({ error: 'invalid_token' });
      return;
    }
    done();
  },
  replyOptions: {
    rewriteRequestHeaders(request, headers) {
      const { authorization: _, ...forwarded } = headers;
      forwarded[HEADER] = request.internalToken;
      return forwarded;
    },
  },
});
if (log) {
  app.addHook('onResponse', (request, reply, done) => {
    const { txn, method, url } = request;
    request.log.info({ txn, method, path: url, status: reply.statusCode, ms: reply.elapsedTime }, 'request');
    done();
  });
}
await app.listen({ port: settings.port, host: '127.0.0.1' });
