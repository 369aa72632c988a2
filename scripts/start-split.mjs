// Runs the shop in several processes until Ctrl-C. `npm run start:split -- orders` extracts the named domains, the
// others stay in the gateway's process; without names, each runs in its own process. `--built` starts the existing
// build.
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';

import { Application } from './lib/application.mjs';
import { build } from './lib/build.mjs';
import { colours as pc } from './lib/colours.mjs';
import { DOMAINS, readinessUrl, splitSettings } from './lib/topology.mjs';
import { explain, UserError } from './lib/user-error.mjs';

const COLOURS = [pc.cyan, pc.green, pc.magenta, pc.yellow];
const USAGE = `usage: npm run start:split [-- ${DOMAINS.map((domain) => `[${domain}]`).join(' ')}]`;

const applications = [];
let stopping = false;

for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => void stop());

try {
  await run();
} catch (error) {
  if (!stopping) console.error(`\n${pc.red('✗')} ${explain(error)}`);
  await stop();
  process.exitCode = 1;
}

async function run() {
  const { extracted, built } = readArguments();
  const addresses = addressesOf(extracted);
  const names = ['gateway', ...extracted];
  if (!built) {
    say(`Building ${names.join(', ')} …`);
    await build(names);
    if (stopping) return;
  }

  const settings = await splitSettings(extracted, addresses);
  const width = Math.max(...names.map(({ length }) => length));
  const start = (name) => startApplication(name, settings[name], width).untilAnswering(readinessUrl(name, addresses));
  // The gateway starts first: in development it publishes the keys that services wait for.
  await start('gateway');
  if (stopping) return;
  await Promise.all(extracted.map(start));
  if (!stopping) printReady(extracted, addresses);
}

function readArguments() {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { built: { type: 'boolean', default: false } },
  });
  const unknown = positionals.filter((name) => !DOMAINS.includes(name));
  if (unknown.length > 0) throw new UserError(`There is no domain "${unknown.join('", "')}".\n\n${USAGE}`);
  const extracted = positionals.length === 0 ? DOMAINS : DOMAINS.filter((domain) => positionals.includes(domain));
  return { extracted, built: values.built };
}

/** The address of each process, as in `nest start <name>` unless the environment says otherwise. */
function addressesOf(extracted) {
  const at = (setting, port) => `http://127.0.0.1:${process.env[setting] ?? port}`;
  return {
    gateway: at('PORT', 3000),
    internal: at('INTERNAL_PORT', 3100),
    issuer: at('DEV_IDP_PORT', 3900),
    ...Object.fromEntries(
      extracted.map((domain) => [domain, at(`${domain.toUpperCase()}_PORT`, 3001 + DOMAINS.indexOf(domain))]),
    ),
  };
}

function startApplication(name, settings, width) {
  const colour = COLOURS[applications.length % COLOURS.length];
  const environment = { ...process.env, ...settings, ...(pc.isColorSupported && { FORCE_COLOR: '1' }) };
  const application = new Application(name, environment);
  applications.push(application);
  for (const stream of [application.stdout, application.stderr]) {
    createInterface({ input: stream }).on('line', (line) =>
      console.log(`${colour(name.padEnd(width))} ${pc.dim('│')} ${line}`),
    );
  }
  void application.howItEnded().then((how) => {
    if (stopping) return;
    console.error(`\n${pc.red('✗')} ${how}. Its last lines are above; the others are stopped.`);
    process.exitCode = 1;
    void stop();
  });
  return application;
}

function printReady(extracted, addresses) {
  const at = (name, note) => `  ${name.padEnd(11)}${addresses[name]}   ${pc.dim(note)}`;
  const inGateway = DOMAINS.filter((domain) => !extracted.includes(domain));
  const rest = inGateway.length > 0 ? `with ${inGateway.join(', ')}` : 'alone';
  say(`${pc.bold(`${applications.length} processes are ready.`)} ${pc.dim('Ctrl-C stops all of them.')}`);
  console.log([at('gateway', rest), ...extracted.map((name) => at(name, `npx nest start ${name}`))].join('\n'));
  say(
    `Commands to try are listed above under “Next”: they are the same in every split.\n` +
      `Fewer processes: ${pc.cyan('npm run start:split -- orders')}, or one: ${pc.cyan('npm start')}`,
  );
}

function say(text) {
  console.log(`\n${text}\n`);
}

async function stop() {
  if (stopping) return;
  stopping = true;
  const inTime = await Promise.all(applications.map((application) => application.stop()));
  const killed = applications.filter((_, index) => !inTime[index]).map(({ name }) => name);
  if (killed.length > 0) console.error(`${killed.join(', ')} did not stop when asked to and was killed.`);
}
