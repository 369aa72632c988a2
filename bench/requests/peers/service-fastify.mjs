// `peer` as a service: Fastify, fast-jwt and pino.
import { createPublicKey } from 'node:crypto';
import { createVerifier } from 'fast-jwt';
import Fastify, { LogController } from 'fastify';
import { items } from './items.mjs';
import { fetchKeys, HEADER, settings } from './shared.mjs';

const { internal, log } = settings;
const [jwk] = await fetchKeys(internal);
const verify = createVerifier({
  key: createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' }),
  algorithms: ['ES256'],
  allowedIss: internal.issuer,
  allowedAud: internal.audience,
});

const app = Fastify({
  logger: log && { level: 'info', base: null },
  logController: new LogController({ disableRequestLogging: true }),
});
app.addHook('onRequest', (request, reply, done) => {
  try {
    request.claims = verify(request.headers[HEADER]);
  } catch {
    reply.code(401).send({ error: 'invalid_token' });
    return;
  }
  done();
});
if (log) {
  app.addHook('onResponse', (request, reply, done) => {
    const { claims, method, url } = request;
    const status = reply.statusCode;
    request.log.info({ txn: claims?.txn, method, path: url, status, ms: reply.elapsedTime }, 'request');
    done();
  });
}
app.get('/items', ({ claims: { sub, tctx, txn } }, reply) => {
  reply.send(items({ user: sub, tenant: tctx.tenant_id, txn }));
});
await app.listen({ port: settings.port, host: '127.0.0.1' });
