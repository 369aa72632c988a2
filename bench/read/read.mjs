// Measures the cost of reading 100 MB of lines, compared with grep and jq, and whether memory grows with the log:
// `node bench/read/read.mjs [rounds]`. Needs jq and GNU time.
import { createReadStream, createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { createGzip } from 'node:zlib';
import { buildPackage } from '../lib/build-package.mjs';
import { judge } from '../lib/judge.mjs';
import { writeCapture } from './capture.mjs';
import { measure } from './measure.mjs';

const ITOK = fileURLToPath(new URL('../../dist/packages/itok/dist/cli/main.js', import.meta.url));
const ROUNDS = Number(process.argv[2] ?? 5);
const SMALL = 100e6;
const LARGE = 400e6;

buildPackage();
const directory = mkdtempSync(join(tmpdir(), 'bench-read-'));
try {
  const small = await newLog('small.log', SMALL);
  const packed = await gzip(small.path);
  compareWithOthers(small, packed);
  growth(small, await newLog('large.log', LARGE));
} finally {
  rmSync(directory, { recursive: true, force: true });
}

function compareWithOthers({ path, txn, lines, requests, bytes }, packed) {
  const results = measure(
    {
      'grep <id>': ['grep', txn, path],
      'jq select(.txn)': ['jq', '-c', `select(.txn == "${txn}")`, path],
      'itok trace <id>': itok('trace', txn, path),
      'itok top': itok('top', path),
      'itok map': itok('map', path),
      'zgrep <id>, gzip': ['zgrep', txn, packed],
      'itok trace, gzip': itok('trace', txn, packed),
      'itok --help': itok('--help'),
    },
    ROUNDS,
  );
  const of = (name) => results[name];
  const found = of('grep <id>').output;
  if (found === '' || found !== of('jq select(.txn)').output) throw new Error('grep and jq find different lines');
  for (const name of ['itok trace <id>', 'itok trace, gzip']) {
    if (!of(name).output.includes(txn)) throw new Error(`${name} did not find ${txn}`);
  }

  console.log(`\n${mega(bytes)} MB, ${lines} lines, ${requests} requests; medians of ${ROUNDS} rounds in turns`);
  console.log('                          wall        CPU     memory    CPU × grep   × jq');
  for (const [name, { wall, cpu, memory }] of Object.entries(results)) {
    const beside = ['grep <id>', 'jq select(.txn)'].map((other) => (cpu / Math.max(of(other).cpu, 0.01)).toFixed(2));
    const columns = [`${wall.toFixed(2)} s`, `${cpu.toFixed(2)} s`, `${memory.toFixed(0)} MB`, beside[0], beside[1]];
    console.log(`  ${name.padEnd(18)}${columns.map((each) => each.padStart(11)).join('')}`);
  }
  // CPU time, because wall time on a shared machine measures its neighbours.
  judge('CPU of itok trace', of('itok trace <id>').cpu, 2, 10, 's');
  judge('CPU of itok top', of('itok top').cpu, 5, 10, 's');
  judge('CPU of itok map', of('itok map').cpu, 5, 10, 's');
  judge('itok trace compared with jq', of('itok trace <id>').cpu / of('jq select(.txn)').cpu, 0.5, 1, 'times its CPU');
}

/** A trace holds only its own lines; a summary holds only the requests that may be incomplete. */
function growth(small, large) {
  const commands = (log) => ({ trace: itok('trace', log.txn, log.path), top: itok('top', log.path) });
  const [few, many] = [small, large].map((log) => measure(commands(log), Math.min(ROUNDS, 3)));
  console.log(`\npeak memory at ${mega(small.bytes)} MB and at ${mega(large.bytes)} MB`);
  for (const name of ['trace', 'top']) {
    console.log(`  itok ${name.padEnd(6)} ${few[name].memory.toFixed(0)} MB → ${many[name].memory.toFixed(0)} MB`);
  }
  judge('itok trace grows by', many.trace.memory / few.trace.memory, 1.1, 1.3, 'times');
  judge('memory of itok top', many.top.memory, 400, 640, 'MB');
}

async function newLog(name, size) {
  const path = join(directory, name);
  return { path, ...(await writeCapture(path, size)) };
}

async function gzip(path) {
  await pipeline(createReadStream(path), createGzip({ level: 6 }), createWriteStream(`${path}.gz`));
  return `${path}.gz`;
}

function itok(...args) {
  return [process.execPath, ITOK, ...args];
}

function mega(bytes) {
  return Math.round(bytes / 1e6);
}
