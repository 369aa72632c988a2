// The whole job side by side: what a request costs through this library's gateway and service, and through others.
//
//   npm run bench                       every part, about eleven minutes; exit code 1 if a gate fails
//   npm run bench -- gateway service    only these parts
//   npm run bench -- --write            also writes docs/benchmarks.md
//   npm run bench -- gateway --profile  instead: a CPU profile of our own target under the same load
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { freePorts } from '../../scripts/lib/free-ports.mjs';
import { explain, UserError } from '../../scripts/lib/user-error.mjs';
import { buildPackage } from '../lib/build-package.mjs';
import { Identity } from './identity.mjs';
import { measure } from './measure.mjs';
import { PARTS } from './parts.mjs';
import { profile } from './profile.mjs';
import { printReport, writeReport } from './report.mjs';
import { pinDriver, ServerProcess } from './server-process.mjs';
import { BARE_SERVICE } from './targets.mjs';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { write: { type: 'boolean', default: false }, profile: { type: 'boolean', default: false } },
});

// Through `exit`, which ends the processes that were started.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

try {
  await main();
} catch (error) {
  console.error(explain(error));
  process.exitCode = 1;
}

async function main() {
  const names = positionals.length > 0 ? positionals.flatMap(partsCalled) : Object.keys(PARTS);
  if (options.write && positionals.length > 0)
    throw new UserError('The page has every part: --write goes without one.');
  buildPackage();
  pinDriver();
  const directory = mkdtempSync(join(tmpdir(), 'bench-requests-'));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  const identity = await Identity.start();
  const world = { identity, directory, ...(await startBareService(directory)) };
  try {
    const results = [];
    for (const name of names) {
      const part = { name, ...installed(PARTS[name]) };
      if (options.profile) await profile(part, world);
      else results.push(printReport(part, await measure(part, world)));
    }
    if (results.some(({ verdicts }) => verdicts.some(({ passed }) => passed === false))) process.exitCode = 1;
    if (options.write) await writeReport(results);
  } finally {
    await world.stopBareService();
    identity.stop();
  }
}

/** `memory` means both. */
function partsCalled(given) {
  const called = Object.keys(PARTS).filter((name) => name === given || name.startsWith(`${given} `));
  if (called.length === 0) throw new UserError(`No such part: ${given}. There are: ${Object.keys(PARTS).join(', ')}.`);
  return called;
}

function installed(part) {
  const entries = Object.entries(part.targets);
  const missing = entries.flatMap(([, { needs }]) => needs ?? []);
  if (missing.length > 0) console.warn(`\n!! LEFT OUT, because not installed: ${missing.join(', ')}`);
  return { ...part, missing, targets: Object.fromEntries(entries.filter(([, { needs }]) => needs === undefined)) };
}

async function startBareService(directory) {
  const [port] = await freePorts(1);
  const settings = { ...BARE_SERVICE.settings, port };
  const program = BARE_SERVICE.program(settings, directory);
  const bare = new ServerProcess('bare-service', { ...program, settings, measured: false }, directory);
  return { bareService: `http://127.0.0.1:${port}`, stopBareService: () => bare.stop() };
}
