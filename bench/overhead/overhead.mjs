// Measures what the log line costs per request, compared with no line and with OpenTelemetry's instrumentation of http.
//
//   node bench/overhead/overhead.mjs            measures and prints; exit code 1 if the line is not cheaper
//   node bench/overhead/overhead.mjs --write    also writes docs/overhead.md
//   … --rounds 20                               quicker, but noisier
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildPackage } from '../lib/build-package.mjs';
import { inTurns } from '../lib/statistics.mjs';
import { Contestant } from './contestant.mjs';
import { printed, writeOverheadPage } from './page.mjs';
import { compareLineWithOpenTelemetry, compareWithFirst } from './statistics.mjs';
import { CALL, REQUEST } from './variants.mjs';

const TRUST_DOMAIN = 'shop.example';
const WARM_UP = 20;

const { values: options } = parseArgs({
  options: {
    write: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '80' },
    requests: { type: 'string', default: '300' },
  },
});
const rounds = Number(options.rounds);
const requests = Number(options.requests);

buildPackage();
const { TestTokenIssuer } = await import('../../dist/packages/internal-token/dist/testing/index.js');
const tokens = new TestTokenIssuer({ trustDomain: TRUST_DOMAIN });

/** A new token for each request, as from a gateway: no service has seen it before. */
const newTokens = () =>
  Array.from({ length: requests }, () =>
    tokens.token({ userId: 'auth0|user-7f3a9c21', scope: 'stock.read', permissions: ['stock:read', 'stock:write'] }),
  );

/** Interleaved rounds: A B C, B C A, …; the first ones warm up. */
async function measure({ title, path, variants }, peer) {
  const directory = mkdtempSync(join(tmpdir(), 'overhead-'));
  const { keys } = await tokens.keys.source.load();
  const contestants = [];
  try {
    for (const [index, variant] of variants.entries()) {
      contestants.push(await Contestant.start(variant, { keys, peer, trustDomain: TRUST_DOMAIN }, directory, index));
    }
    const results = variants.map(() => []);
    for (let round = 0; round < WARM_UP + rounds; round += 1) {
      const minted = newTokens();
      for (const index of inTurns([...variants.keys()], round)) {
        const result = await contestants[index].round(path, minted);
        if (round >= WARM_UP) results[index].push(result);
      }
    }
    return { title, results: compareWithFirst(variants, results) };
  } finally {
    await Promise.all(contestants.map((contestant) => contestant.stop()));
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The gate: the log line costs less than OpenTelemetry. */
function judge(measurement) {
  const { title, saved, won } = compareLineWithOpenTelemetry(measurement);
  const verdict = saved.median > 0 ? 'less than' : 'NOT LESS THAN';
  console.log(
    `→ ${title}: the log costs ${verdict} OpenTelemetry, by ${saved.median.toFixed(1)} µs; less in ${Math.round(won * 100)} % of rounds`,
  );
  if (!(saved.median > 0)) process.exitCode = 1;
}

const peer = createServer((request, response) => {
  response.setHeader('content-type', 'application/json').end('{"inStock":12}');
});
await new Promise((resolve) => peer.listen(0, '127.0.0.1', resolve));
const address = `http://127.0.0.1:${peer.address().port}`;

const measured = [await measure(REQUEST, address), await measure(CALL, address)];
peer.close();
for (const each of measured) console.log(printed(each));
for (const each of measured) judge(each);
if (options.write) await writeOverheadPage(measured, { rounds, requests, warmUp: WARM_UP });
