// `limit` as a service: node:http, verification by hand, undici to the next service. With `tokens: false` it is the bare
// service behind every gateway.
import { createServer } from 'node:http';
import { Readable } from 'node:stream';
import { Pool } from 'undici';
import { items } from './items.mjs';
import { newVerifier } from './jws.mjs';
import { fetchKeys, HEADER, logRequest, settings } from './shared.mjs';

const { internal, next, tokens } = settings;
const verify = tokens === false ? () => ({}) : newVerifier(await fetchKeys(internal), internal);
const pool = next === undefined ? undefined : new Pool(next, { connections: 64 });

const answers = {
  '/items': (request, response, { sub, tctx, txn }) =>
    json(response, items({ user: sub, tenant: tctx?.tenant_id, txn })),

  /** Asks the next service. */
  async '/orders'(request, response, { sub }) {
    const headers = { [HEADER]: request.headers[HEADER] };
    try {
      const { body } = await pool.request({ path: '/items', method: 'GET', headers });
      json(response, { user: sub, below: await body.json() });
    } catch {
      response.writeHead(502).end();
    }
  },

  /** What arrived. */
  '/echo': (request, response) => json(response, request.headers),

  '/sink'(request, response) {
    let bytes = 0;
    request.on('data', (chunk) => (bytes += chunk.length)).on('end', () => json(response, { bytes }));
  },

  '/blob'(request, response) {
    const chunk = Buffer.alloc(65_536, 'x');
    const chunks = Array.from({ length: settings.blobBytes / chunk.length }, () => chunk);
    response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': settings.blobBytes });
    Readable.from(chunks).pipe(response);
  },
};

function json(response, value) {
  const text = JSON.stringify(value);
  response.writeHead(200, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}

createServer((request, response) => {
  const startedAt = logRequest && performance.now();
  let claims;
  try {
    claims = verify(request.headers[HEADER]);
  } catch {
    return response.writeHead(401).end();
  }
  if (logRequest) response.on('finish', () => logRequest(claims.txn, request, response.statusCode, startedAt));
  const answer = answers[request.url];
  if (answer === undefined) return response.writeHead(404).end();
  return answer(request, response, claims);
}).listen(settings.port, '127.0.0.1');
