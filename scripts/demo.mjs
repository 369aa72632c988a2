// The whole story in one terminal: starts a shop, signs in, makes some calls, and shows the log of one. `--split`: the
// same in four processes.
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { build } from './lib/build.mjs';
import { colours } from './lib/colours.mjs';
import * as report from './lib/report.mjs';
import { Shop } from './lib/shop.mjs';
import { signIn } from './lib/sign-in.mjs';
import { DOMAINS } from './lib/topology.mjs';
import { importSource } from './lib/typescript-imports.mjs';
import { explain, UserError } from './lib/user-error.mjs';

const { listOperations, parseLine, renderTrace, reportTrace } = await importSource('libs/itok/src/trace/index.ts');

const MORE_THAN_IN_STOCK = 10_000;
/** A limit for what never happens, not a measurement. */
const LOG_LIMIT_MS = 60_000;
const QUIET_MS = 50;
const JWT = /eyJ[\w-]+\.[\w-]+\./;

const { values: options } = parseArgs({ options: { split: { type: 'boolean', default: false } } });
const extracted = options.split ? DOMAINS : [];
let shop;

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => void stop().finally(() => process.exit(1)));
}

try {
  await run();
  await stop();
  report.done('every started process has ended');
} catch (error) {
  report.failure(explain(error));
  await stop().catch((stopError) => report.failure(explain(stopError)));
  process.exitCode = 1;
}

async function run() {
  const what = options.split ? 'four processes' : 'the monolith';
  report.heading(`Starting ${what}, with an identity provider and an empty database`);
  await build(['gateway', ...extracted]);
  const started = performance.now();
  shop = await Shop.start({ extracted });
  report.done(
    `${options.split ? 'a process each' : 'one process'}: gateway, ${DOMAINS.join(', ')}`,
    `${Math.round(performance.now() - started)} ms`,
  );

  report.heading('Signing in: authorization code with PKCE');
  const alice = await authenticate('alice');
  const bob = await authenticate('bob');

  report.heading('Calling');
  const anonymous = { name: 'anonymous' };
  const list = await call(
    anonymous,
    'GET',
    '/catalog/items',
    { expect: 200 },
    ({ items }) => `${items.length} public items`,
  );
  const item = list.body.items[0];
  ensure(item, 'anonymous callers see public items');
  const me = await call(alice, 'GET', '/me', { expect: 200 }, ({ userId, tenantId }) => `${userId} of ${tenantId}`);
  const own = await call(
    alice,
    'GET',
    '/catalog/items',
    { expect: 200 },
    ({ items }) => `${items.length} items of acme`,
  );
  const [first] = own.body.items;
  ensure(first, 'alice sees the items of her tenant');
  const order = await call(
    alice,
    'POST',
    '/orders',
    { expect: 201, body: { lines: [{ itemId: first.id, quantity: 2 }] } },
    ({ status, total, currency }) => `2 × ${first.name}: ${status}, ${(total / 100).toFixed(2)} ${currency}`,
  );
  ensure(order.body.status === 'confirmed', 'an order of items in stock is confirmed');
  const refused = await call(
    bob,
    'POST',
    '/orders',
    { expect: 403, body: { lines: [{ itemId: first.id, quantity: 1 }] } },
    describeProblem,
  );
  ensure(refused.body.code === 'insufficient_permissions', 'bob, who may only read, is refused for his permissions');
  const soldOut = await call(
    alice,
    'POST',
    '/orders',
    { expect: 409, body: { lines: [{ itemId: first.id, quantity: MORE_THAN_IN_STOCK }] } },
    describeProblem,
  );
  ensure(soldOut.body.code === 'out_of_stock', 'an order of more than is in stock is refused by inventory');

  report.heading('The internal token of GET /me, as its handler sees it');
  report.claims(me.body);
  ensure(me.body.tokenId === me.requestId, "the token's id is the request's id");
  ensure(!('token' in me.body), 'a handler sees claims, never the token');

  report.heading('Proved');
  proveIds([list, me, own, order, refused, soldOut]);
  const trace = traceOf(order.requestId);
  proveOrder(order, trace);
  proveSecrecy([alice, bob]);

  report.heading(`The order, from the log lines with its token's id: itok trace ${order.requestId}`);
  report.lines(renderTrace(trace, { pen: colours, width: report.width() }));
}

async function authenticate(login) {
  const { accessToken, scope, expiresInSeconds } = await signIn({ login, issuer: shop.issuer });
  report.done(login, `access token for ${expiresInSeconds / 60} minutes: ${scope}`);
  return { name: login, accessToken };
}

async function call({ name, accessToken }, method, path, { expect, body }, describe) {
  const linesBefore = shop.log.lines.length;
  const response = await fetch(shop.url + path, {
    method,
    headers: {
      ...(accessToken && { authorization: `Bearer ${accessToken}` }),
      ...(body && { 'content-type': 'application/json' }),
    },
    ...(body && { body: JSON.stringify(body) }),
  }).catch((cause) => {
    throw new UserError(`The shop no longer answers.\n${shop.lastWords()}`, { cause });
  });
  const answer = await response.json();
  const requestId = response.headers.get('x-request-id');
  if (response.status !== expect) {
    throw new UserError(
      `${method} ${path} of ${name} should answer ${expect}, but: ${response.status} ${JSON.stringify(answer)}\n` +
        shop.lastWords(),
    );
  }
  report.call({ who: name, method, path, status: response.status, note: describe(answer) });
  await untilLogged(requestId);
  return { requestId, body: answer, lines: shop.log.lines.slice(linesBefore) };
}

function describeProblem({ code, title }) {
  return `${code}: ${title}`;
}

/** The last lines of a request are written after its answer has been sent. */
async function untilLogged(requestId) {
  const deadline = Date.now() + LOG_LIMIT_MS;
  const { log } = shop;
  for (let seen = -1; !isWhole(requestId) || log.lines.length > seen; await delay(QUIET_MS)) {
    if (Date.now() > deadline) {
      throw new UserError(`No log line shows the end of request ${requestId}.\n${shop.lastWords()}`);
    }
    seen = log.lines.length;
  }
}

function traceOf(requestId) {
  return reportTrace(
    requestId,
    shop.log.ofTransaction(requestId).map(({ text }) => parseLine(text)),
  );
}

/** One tree with the gateway at its root, and an answering span for each call. */
function isWhole(requestId) {
  const trace = traceOf(requestId);
  return trace?.service === 'gateway' && trace.gaps.length === 0 && !trace.unfinished;
}

function proveIds(calls) {
  const ids = new Set(calls.map(({ requestId }) => requestId));
  ensure(ids.size === calls.length, 'each request has its own id');
  ensure(
    [...ids].every((id) => /^[0-9a-f]{32}$/.test(id)),
    'each id is a W3C trace id',
  );
  report.done(`${calls.length} requests, ${ids.size} different internal token ids`);

  for (const { requestId, lines } of calls) {
    const strangers = lines.filter(({ txn, trace_id: traceId }) => txn !== requestId || traceId !== requestId);
    ensure(strangers.length === 0, `every line of a request carries its id, but: ${strangers[0]?.text}`);
  }
  ensure(shop.log.others.length === 0, `every line is JSON, but: ${shop.log.others[0]}`);
  report.done(`the id is on every one of the ${calls.flatMap(({ lines }) => lines).length} lines of these requests`);
}

function proveOrder({ lines }, trace) {
  ensure(listOperations(trace).length === 1, 'the operations of an order form one tree');
  for (const domain of DOMAINS) ensure(trace.services.includes(domain), `an order passes through ${domain}`);
  const count = trace.spans.length;
  report.done(`the order passed through ${trace.services.join(', ')}: ${count} spans, ${lines.length} lines`);
  const processes = new Set(lines.map(({ process: name }) => name));
  ensure(
    processes.size === 1 + extracted.length,
    `each process logs the order, but only these did: ${[...processes].join(', ')}`,
  );
  if (options.split) report.done(`one id in the logs of ${processes.size} processes: ${[...processes].join(', ')}`);
}

function proveSecrecy(people) {
  const written = shop.log.lines.map(({ text }) => text).join('\n');
  ensure(!JWT.test(written), 'no token is in any log line');
  for (const { accessToken } of people) {
    ensure(!written.includes(accessToken.split('.')[2]), "no access token's signature is in any log line");
  }
  report.done('no token in any log line');
}

function ensure(kept, what) {
  if (!kept) throw new UserError(`Check failed: ${what}`);
}

async function stop() {
  const running = shop;
  shop = undefined;
  if (running && !(await running.stop())) {
    throw new UserError('A process did not stop when asked to and was killed.');
  }
}
