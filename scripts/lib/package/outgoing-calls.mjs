// Calls by this Node's clients with the packed library: where the token arrives, and where it must not. Runs in a
// folder that has the library from its tarball; `scripts/probe-outgoing.mjs` makes one.
import 'reflect-metadata';

import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { InternalTokenContext, InternalTokenModule } from 'nestjs-internal-token';
import { InternalTokenHttpModule } from 'nestjs-internal-token/http';
import { TestTokenIssuer } from 'nestjs-internal-token/testing';

/** In the second run: the inside and the outside port; Node has been told that the outside is its proxy. */
const [insideGiven, outsideGiven] = process.argv.slice(2).map(Number);
const proxied = insideGiven !== undefined;

// Node's own undici, before any other copy becomes the global one.
await fetch('data:,');
const globalDispatcher = () =>
  globalThis[Symbol.for('undici.globalDispatcher.2')] ?? globalThis[Symbol.for('undici.globalDispatcher.1')];
const NodesAgent = globalDispatcher().constructor;

const inside = await listener();
const outside = await listener();
const ports = proxied ? [insideGiven, outsideGiven] : [inside.port, outside.port];
const origin = `http://127.0.0.1:${ports[0]}`;
const tokens = new TestTokenIssuer();
class CallerModule {}
Module({
  imports: [
    InternalTokenModule.forRoot({ service: 'caller', trustDomain: 'test', keys: tokens.keys }),
    InternalTokenHttpModule.forRoot({ internalOrigins: { inside: origin } }),
  ],
})(CallerModule);
const app = await NestFactory.createApplicationContext(CallerModule, { logger: ['error'], abortOnError: false });
const as = (fn) => app.get(InternalTokenContext).run(tokens.claims({ userId: 'ada' }), fn);

const headers = { 'Txn-Token': 'set-by-the-application' };
const elsewhere = () => connect(ports[1], '127.0.0.1');
const toElsewhere = (_options, done) => {
  const socket = elsewhere().once('connect', () => done(null, socket));
};
const byNode = async (options) => {
  const [response] = await once(request(origin, options).end(), 'response');
  await once(response.resume(), 'end');
};
let failures = 0;

if (proxied) {
  await refused('node:http through the proxy of NODE_USE_ENV_PROXY', () => byNode({}));
  await refused('fetch through the proxy of NODE_USE_ENV_PROXY', () => fetch(origin));
} else {
  await carried('node:http', () => byNode({ headers }));
  await carried('node:http, fields as a list', () =>
    byNode({ headers: ['Host', `127.0.0.1:${ports[0]}`, 'Txn-Token', 'set-by-the-application'] }),
  );
  await carried('fetch', async () => (await fetch(origin, { headers })).text());
  tell("fetch keeps Node's own dispatcher", globalDispatcher() instanceof NodesAgent, globalDispatcher());
  // From here on, fetch uses this copy.
  const { Agent, request: undiciRequest } = await import('undici');
  await carried('undici', async () => (await undiciRequest(origin, { headers, dispatcher: new Agent() })).body.dump());
  await refused('node:http, createConnection to another port', () => byNode({ createConnection: elsewhere }));
  await refused('fetch, a dispatcher that connects to another port', () =>
    fetch(origin, { dispatcher: new NodesAgent({ connect: toElsewhere }) }),
  );
  await refused('undici, a dispatcher that connects to another port', () =>
    undiciRequest(origin, { dispatcher: new Agent({ connect: toElsewhere }) }),
  );
  const proxy = `http://127.0.0.1:${ports[1]}`;
  const env = {
    ...process.env,
    NODE_USE_ENV_PROXY: '1',
    HTTP_PROXY: proxy,
    http_proxy: proxy,
    NO_PROXY: '',
    no_proxy: '',
  };
  const again = spawn(process.execPath, [fileURLToPath(import.meta.url), ...ports.map(String)], {
    env,
    stdio: 'inherit',
  });
  const [code] = await once(again, 'exit');
  if (code !== 0 || outside.heads.length > 0) failures++;
}

await app.close();
inside.close();
outside.close();
process.exitCode = failures === 0 ? 0 : 1;

async function carried(what, call) {
  inside.heads.length = 0;
  await as(call);
  const sent = inside.heads.flatMap((raw) => raw.filter((_, i) => /^txn[-_]token$/i.test(raw[i - 1] ?? '')));
  tell(`${what}: one token arrives, the context's`, sent.length === 1 && sent[0].startsWith('eyJ'), sent.length);
}

async function refused(what, call) {
  outside.heads.length = 0;
  const error = await as(call).then(
    () => 'no error',
    (reason) => reason,
  );
  const typed = (error.code ?? error.cause?.code) === 'internal_call_unsafe';
  const silent = outside.heads.length === 0 && !inspect(error, { depth: 9, showHidden: true }).includes('eyJ');
  tell(`${what}: refused, nothing arrives`, typed && silent, error);
}

function tell(what, holds, seen) {
  console.log(`  ${holds ? '✓' : '✗'} ${what}${holds ? '' : `\n    ${inspect(seen)}`}`);
  if (!holds) failures++;
}

async function listener() {
  const heads = [];
  const server = createServer((incoming, response) => {
    heads.push(incoming.rawHeaders);
    response.end('ok');
  });
  server.on('connect', (incoming, socket) => {
    heads.push(incoming.rawHeaders);
    socket.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { heads, port: server.address().port, close };
}
