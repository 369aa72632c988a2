// Tries the packed product as a stranger would: npm installs it into fresh applications outside this workspace, which
// consist only of the README's code, are compiled by plain tsc and run in their own processes. `--keep` leaves them
// there.
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { Application } from './lib/application.mjs';
import { ROOT } from './lib/build.mjs';
import { freePorts } from './lib/free-ports.mjs';
import { LogLines } from './lib/log-lines.mjs';
import { FreshApp } from './lib/package/fresh-app.mjs';
import { IdentityProvider } from './lib/package/identity-provider.mjs';
import { entryPoints, inspect, packAll } from './lib/package/packed.mjs';
import { readmeFiles, withAddresses } from './lib/package/readme-files.mjs';
import { stopRunning } from './lib/package/run.mjs';
import * as report from './lib/report.mjs';
import { explain, UserError } from './lib/user-error.mjs';

const NEST = ['@nestjs/common', '@nestjs/core'];
const EXPRESS = [...NEST, '@nestjs/platform-express', '@nestjs/axios', 'axios', 'rxjs'];
/** The files of each application. The gateway reads the decorators of the orders controller. */
const APPLICATIONS = {
  gateway: { files: ['gateway.ts', 'orders.controller.ts'], packages: EXPRESS },
  orders: { files: ['orders.ts', 'orders.controller.ts'], packages: EXPRESS },
  inventory: { files: ['inventory.ts'], packages: [...NEST, '@nestjs/platform-fastify'] },
};
const PORTS = { gateway: '3000', internal: '3100', inventory: '3002', orders: '3003' };
const ISSUER = 'https://login.example';
const ALICE = { sub: 'alice', tenant_id: 'acme', scope: 'orders.read', permissions: ['inventory:read'] };
const BOB = { ...ALICE, sub: 'bob', permissions: [] };

/** Limits for what never happens, not measurements. */
const READY_LIMIT_MS = 180_000;
const LOG_LIMIT_MS = 60_000;
const POLL_MS = 50;
/** A thumbprint may begin like a token, somewhere in it. */
const KEY_ID = /(?<="kid":")[\w-]{43}(?=")/g;
const kB = (bytes) => `${Math.round(bytes / 1000)} kB`;

const { values: options } = parseArgs({ options: { keep: { type: 'boolean', default: false } } });
const directory = mkdtempSync(join(tmpdir(), 'try-package-'));
const log = new LogLines();
/** All output of the applications. */
let output = '';
let provider;
/** The address of each application. */
let ports;
const applications = [];

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => void stop().finally(() => process.exit(1)));
}

try {
  await tryPackage();
  await stop();
  console.log('\npackage: it installs, compiles and works as the README says');
} catch (error) {
  report.failure(explain(error));
  await stop();
  console.error('\npackage: FAILED');
  process.exitCode = 1;
}

async function tryPackage() {
  report.heading('Packing');
  const { product: tarball, itok } = await packAll(directory);
  for (const packed of [tarball, itok]) {
    const { manifest, size, unpackedSize, paths } = packed;
    ensureNone(inspect(packed));
    report.done(
      `${manifest.name} ${manifest.version}: ${kB(size)}, ${kB(unpackedSize)} unpacked, ${paths.length} files`,
      'no specs, keys or dangling source maps',
    );
  }

  report.heading(`Fresh applications in ${directory}`);
  const names = Object.keys(APPLICATIONS);
  const [provided, ...free] = await freePorts(1 + Object.keys(PORTS).length);
  ports = Object.fromEntries(Object.keys(PORTS).map((name, index) => [name, String(free[index])]));
  provider = await IdentityProvider.start(provided);
  const replacements = {
    ...Object.fromEntries(Object.entries(PORTS).map(([name, port]) => [port, ports[name]])),
    [ISSUER]: provider.issuer,
  };
  const code = withAddresses(readmeFiles(), replacements);
  for (const [from, to] of Object.entries(replacements)) report.done(`README's ${from} is ${to} here`);

  const fresh = Object.fromEntries(
    names.map((name) => {
      const { files, packages } = APPLICATIONS[name];
      const own = new Map(files.map((file) => [file, code.get(file) ?? missing(file)]));
      return [name, new FreshApp(join(directory, name), [tarball], own, packages)];
    }),
  );
  await Promise.all([...names.map((name) => prepare(name, fresh[name])), tryTypes(tarball, itok), tryItok(itok)]);

  report.heading('Running, each in its own process');
  writeFileSync(join(fresh.gateway.directory, 'internal-token-key.pem'), newKey(), { mode: 0o600 });
  // Services first: they wait for the gateway's keys.
  for (const name of names.toReversed()) start(name, fresh[name]);
  await untilReady();
  report.done(`Node ${process.version}: ${names.join(', ')}`);

  report.heading('A request through all three');
  await tryRequest();
  report.heading('Refusals');
  await tryRefusals();
  report.heading('The logs');
  tryLogs();
}

async function prepare(name, app) {
  ensureNone(await app.install());
  await app.compile();
  report.done(`${name}: installed without a warning, compiled`, APPLICATIONS[name].files.join(', '));
}

/** An application with the packages alone: npm installs their dependencies. */
async function tryTypes(tarball, itok) {
  const names = [...entryPoints(tarball), ...entryPoints(itok)];
  const files = new Map([
    ['modern.ts', names.map((name, index) => `export * as e${index} from '${name}';\n`).join('')],
    [
      'classic.cts',
      names.map((name, index) => `import e${index} = require('${name}');\n`).join('') +
        `const loaded: object[] = [${names.map((_, index) => `e${index}`).join(', ')}];\n` +
        `console.log(loaded.map((entry) => Object.keys(entry).length).join(' '));\n`,
    ],
  ]);
  // An entry point needs its own peer dependency.
  const app = new FreshApp(join(directory, 'types'), [tarball, itok], files, [...NEST, '@opentelemetry/api']);
  ensureNone(await app.install());
  await app.compile({ module: 'esnext', moduleResolution: 'bundler', noEmit: true }, 'src/modern.ts');
  await app.compile();
  const { stdout } = await app.run('dist/classic.cjs');
  const counts = stdout.trim().split(' ').map(Number);
  ensure(counts.length === names.length && counts.every((count) => count > 0), `require() finds exports: ${stdout}`);
  report.done(`types: ${names.length} entry points`, `import, require(), bundler; ${counts.join(' + ')} exports`);
}

/** The command by itself: no Nest beside it. */
async function tryItok(itok) {
  const app = new FreshApp(join(directory, 'itok'), [itok], new Map(), []);
  ensureNone(await app.install());
  const capture = join(ROOT, 'test/captures/bottleneck.ndjson');
  const { stdout } = await app.run('node_modules/itok/dist/cli/main.js', 'trace', 'last', capture);
  ensure(stdout.includes('POST /orders'), `itok draws a waterfall: ${stdout}`);
  report.done('itok: installed alone, draws a waterfall');
}

function start(name, app) {
  const environment = {
    PATH: process.env.PATH,
    NODE_EXTRA_CA_CERTS: IdentityProvider.authority,
  };
  const application = new Application(name, environment, [app.entry(`${name}.js`)], app.directory);
  applications.push(application);
  log.read(application.stdout, name);
  for (const stream of [application.stdout, application.stderr]) stream.on('data', (chunk) => (output += chunk));
}

async function get(where, path, headers = {}) {
  const response = await fetch(`http://127.0.0.1:${ports[where]}${path}`, { headers });
  const text = await response.text();
  // Except for the hash of the text, which may look like anything.
  output += text + JSON.stringify([...response.headers].filter(([name]) => name !== 'etag'));
  const body = /^[[{]/.test(text) ? JSON.parse(text) : text;
  return { status: response.status, body, id: response.headers.get('x-request-id') };
}

/** A request through the gateway, as the given user. */
function getAs(claims, path) {
  return get('gateway', path, { authorization: `Bearer ${provider.token(claims)}` });
}

async function untilReady() {
  for (const deadline = Date.now() + READY_LIMIT_MS; ; await delay(POLL_MS)) {
    const answer = await getAs(ALICE, '/orders/anvil').catch(() => undefined);
    if (answer?.status === 200) return;
    const ended = applications.find(({ hasEnded }) => hasEnded);
    if (ended) throw new UserError(`${await ended.howItEnded()}.\n${output.slice(-4000)}`);
    if (Date.now() > deadline) {
      throw new UserError(`No order yet: ${JSON.stringify(answer ?? 'no answer')}\n${output.slice(-4000)}`);
    }
  }
}

async function tryRequest() {
  const { status, body, id } = await getAs(ALICE, '/orders/anvil');
  ensureSame(
    { status, body },
    {
      status: 200,
      body: { item: 'anvil', stock: { item: 'anvil', inStock: 12, askedBy: 'alice of acme', tokenId: id } },
    },
    'the gateway forwards to orders, and orders asks inventory as alice',
  );
  ensure(/^[0-9a-f]{32}$/.test(id), 'X-Request-Id is the id of the token');
  report.done(`gateway → orders (Express) → inventory (Fastify), one id: ${id}`);

  await untilLogged(id, 2);
  const lines = log.ofTransaction(id);
  const of = (name, matches) => lines.find((line) => line.process === name && matches(line));
  const end = (name) => of(name, ({ ev, kind }) => ev === 'end' && kind === 'server');
  ensure(end('gateway')?.op === 'GET /orders/:item', 'the gateway logs the forwarded request');
  ensure(end('orders')?.tok.verify_us >= 0, 'orders logs that it verified the token');
  ensure(
    of('orders', ({ msg }) => msg === 'inventory has answered'),
    "orders' Logger writes the id",
  );
  ensure(
    of('inventory', ({ msg }) => msg === 'looking it up'),
    "inventory's Logger writes the id",
  );
  const call = of('orders', ({ kind, peer }) => kind === 'client' && peer === 'inventory');
  const parent = of('inventory', () => true)?.parent_span_id;
  ensure(call !== undefined && parent === call.span_id, "inventory's span is a child of orders' call");
  report.done(`the id is on ${lines.length} lines of three logs, which form one trace`);

  const list = await get('gateway', '/catalog/items');
  ensureSame([list.status, list.body], [200, ['anvil']], 'a module of the gateway serves anonymous callers');
  ensure(list.id !== id, 'every request has its own id');
  await untilLogged(list.id, 1);
  const written = log.ofTransaction(list.id).map(({ msg }) => msg);
  ensure(written.includes('listing items'), "the gateway's Logger writes the id");
  report.done('a module in the gateway: the same, in one process');
}

async function tryRefusals() {
  for (const [where, path] of Object.entries({ orders: '/orders/anvil', inventory: '/stock/anvil' })) {
    const bare = await get(where, path, { authorization: `Bearer ${provider.token(ALICE)}` });
    ensureSame([bare.status, bare.body.code], [401, 'txn_missing'], `${where} refuses callers that bypass the gateway`);
    const wrong = await get(where, path, { 'txn-token': provider.token(ALICE) });
    ensureSame([wrong.status, wrong.body.code], [401, 'txn_type'], `${where} refuses an access token as Txn-Token`);
    report.done(`${where}, reached directly: 401 txn_missing, 401 txn_type`);
  }
  const anonymous = await get('gateway', '/orders/anvil');
  ensureSame([anonymous.status, anonymous.body.code], [401, 'access_token_missing'], 'orders are for known users');
  const keys = await get('gateway', '/.well-known/jwks.json');
  ensureSame(keys.status, 404, 'the key set is not public');
  report.done('at the gateway: 401 without a token, 404 for the key set');

  const bob = await getAs(BOB, '/orders/anvil');
  ensure(bob.status >= 400, 'bob, who lacks a permission at inventory, gets no order');
  await untilLogged(bob.id, 1);
  const lines = log.ofTransaction(bob.id);
  ensure(
    lines.some(({ process: name, level, err }) => name === 'orders' && level === 'error' && err?.type === 'AxiosError'),
    'orders logs the failed call with the id',
  );
  report.done(`inventory's 403 for bob is ${bob.status} outside, and an AxiosError with the id in the log of orders`);
}

function tryLogs() {
  ensure(log.others.length === 0, `every line is JSON, but: ${log.others[0]}`);
  ensure(
    !output.replaceAll(KEY_ID, '').includes('eyJ'),
    'no token, nor the beginning of one, is in any output or answer',
  );
  ensure(log.lines.length > 20, 'there are lines to look at');
  report.done(`no token in ${log.lines.length} lines or in any answer`);
}

/** Lines are written after the answer has been sent. */
async function untilLogged(id, ends) {
  for (const deadline = Date.now() + LOG_LIMIT_MS; Date.now() < deadline; await delay(POLL_MS)) {
    const servers = log.ofTransaction(id).filter(({ ev, kind }) => ev === 'end' && kind === 'server');
    if (servers.length >= ends) return;
  }
  throw new UserError(`The log does not show the end of ${id}:\n${output.slice(-4000)}`);
}

function newKey() {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' });
}

function missing(file) {
  throw new UserError(`The README has no block that begins with "// ${file}".`);
}

function ensureSame(given, wanted, what) {
  const [is, shouldBe] = [given, wanted].map((value) => JSON.stringify(value));
  if (is !== shouldBe) throw new UserError(`Check failed: ${what}.\nexpected ${shouldBe}\ngot      ${is}`);
}

function ensure(kept, what) {
  if (!kept) throw new UserError(`Check failed: ${what}.\n${output.slice(-4000)}`);
}

function ensureNone(problems) {
  if (problems.length > 0) throw new UserError(problems.join('\n'));
}

async function stop() {
  stopRunning();
  await Promise.all(applications.splice(0).map((application) => application.stop()));
  await provider?.stop();
  provider = undefined;
  if (options.keep) console.log(`The applications are in ${directory}`);
  else rmSync(directory, { recursive: true, force: true });
}
