// `limit`: the whole job on node:http, node:crypto and undici, by hand. `floor` (`tokens: false`): forwards only.
import { createServer } from 'node:http';
import { newAuthenticator, refuse } from './authenticate.mjs';
import { newForwarder } from './forward.mjs';
import { forwardedHeaders, logRequest, settings } from './shared.mjs';

const authenticate = settings.tokens === false ? () => ({}) : await newAuthenticator();
const forward = newForwarder(settings.upstream);

createServer((request, response) => {
  const startedAt = logRequest && performance.now();
  let authenticated;
  try {
    authenticated = authenticate(request);
  } catch {
    return refuse(response);
  }
  const { txn, token } = authenticated;
  const done = logRequest && (() => logRequest(txn, request, response.statusCode, startedAt));
  forward(request, response, forwardedHeaders(request.headers, token), done);
}).listen(settings.port, '127.0.0.1');
