// The results for a person at the terminal, and for docs/benchmarks.md.
import { machine, versionOf, writePage } from '../lib/page.mjs';
import { markdownTable, textTable } from '../lib/table.mjs';
import { rowsOf, verdictsOf } from './comparison.mjs';
import { GATES } from './gates.mjs';
import { PINNED } from './server-process.mjs';

const PACKAGES = ['@nestjs/core', 'fastify', '@fastify/http-proxy', 'fast-jwt', 'undici', 'pino', 'jose', 'axios'];

/** Prints the results of a part. @returns what the page needs of them */
export function printReport(part, { costs, rounds, calm, disturbed }) {
  const rows = rowsOf(part, costs);
  const verdicts = verdictsOf(part.name, rows, GATES);
  const counted = `${rounds} rounds, ${calm} of them undisturbed by other programs`;
  const note = disturbed ? `${counted}: TOO FEW. Repeat it on a quiet machine` : counted;
  console.log(`\n${part.title}\n${part.measures.what}, ${part.measures.unit}: medians (quartiles) of ${note}\n`);
  console.log(textTable(columnsOf(part), rows.map(cellsOf)));
  if (verdicts.length > 0) console.log('');
  for (const { to, ratio, gate, goal, passed, reached } of verdicts) {
    const gated = gate === undefined ? '' : `gate ≤ ${gate.toFixed(2)} ${mark(passed)}   `;
    console.log(`  ours × ${to}: ${ratioCell(ratio)}   ${gated}goal ≤ ${goal.toFixed(2)} ${mark(reached)}`);
  }
  return { part, rows, verdicts, note };
}

/** @param results of {@link printReport}, one for each part */
export const writeReport = (results) => writePage('docs/benchmarks.md', page(results));

const columnsOf = ({ measures, comparedWith }) => [
  { title: 'target' },
  { title: '' },
  { title: measures.unit, align: 'right' },
  ...comparedWith.map((to) => ({ title: `× ${to}`, align: 'right' })),
];

const cellsOf = ({ name, what, cost, ratios }) => [
  name,
  what,
  range(cost, 0),
  ...ratios.map((ratio) => (ratio.to === name ? '1' : ratioCell(ratio))),
];
const range = ({ low, median, high }, digits) =>
  `${median.toFixed(digits)} (${low.toFixed(digits)}–${high.toFixed(digits)})`;
const ratioCell = (ratio) => range(ratio, 2);
const mark = (good) => (good ? '✓' : '✗');

const page = (results) => `<!-- Written by \`npm run bench -- --write\`. -->

# What a request costs

The whole job, side by side: verify the caller's access token, mint one internal token, forward the request; verify the
internal token in the service behind, and answer. CPU time of this library's gateway and service, of hand-written ones,
and of what teams put together otherwise. To repeat it:

\`\`\`bash
npm run bench                       # every part, about eleven minutes; exit code 1 if a gate fails
npm run bench -- gateway            # one part, or some: service, hop, upload, download, memory
npm run bench -- --write            # also writes this page
npm run bench -- gateway --profile  # instead: a CPU profile of our own target under the same load
\`\`\`

Last run: ${new Date().toISOString().slice(0, 10)}, ${machine()}, ${PACKAGES.map((name) => `${name} ${versionOf(name)}`).join(', ')}.

## Gates

${markdownTable(
  [
    { title: 'ours' },
    { title: 'compared with' },
    { title: 'ratio', align: 'right' },
    { title: 'gate', align: 'right' },
    { title: 'goal', align: 'right' },
  ],
  results.flatMap(({ verdicts }) =>
    verdicts.map(({ part, to, ratio, gate, goal, passed, reached }) => [
      part,
      to,
      ratioCell(ratio),
      gate === undefined ? '' : `≤ ${gate.toFixed(2)} ${mark(passed)}`,
      `≤ ${goal.toFixed(2)} ${mark(reached)}`,
    ]),
  ),
)}

${results.map(section).join('\n')}
## How to read it

- **CPU** is the user and system time of the measured process, all threads, from the kernel's scheduler, divided by the
  number of requests. Not measured: latency, and what the driver and the service behind a gateway cost.
- **Ratios** are taken within a round, in which every target has its turn (A B C, B C A, …), so that a machine that is
  slow for a moment is slow for all. Shown are the median of the rounds and, in brackets, the quartiles.
- **Rounds** in which other programs took a good part of the machine are repeated, and left out if enough calm ones
  remain. If none is calm, all count, and the quartiles are wide.
- Absolute numbers depend on the machine. Compare only within one table.

## What is measured

- Every gateway stands before the same bare service. ${PINNED ? 'The measured process has a core of its own' : 'No process has a core of its own'}; the driver sends
  prepared bytes on 32 keep-alive connections, as fast as the answers come. The answer has about 1 KB.
- Access tokens are RS256, of 500 users, and come again and again: every gateway that verifies has a cache, but for
  \`nest\` and \`haproxy\`. Internal tokens are ES256, and no service sees one twice.
- Every target writes one line a request, into a file: the peers with pino, ours with its logger at level \`info\`. The
  lines are counted after every slice. Ours writes one more for each call to another service.
- Before it is measured, each target shows that it does its job: a forged token is refused with 401; what arrives behind
  a gateway is a valid token of its own and no access token.
- Ours is the compiled package, as the README's files use it, on Fastify, with every default.
- Each target is warmed up by tens of thousands of requests: V8 needs them.
- Bodies are 100 MiB, two at a time, through a new process in each round, after eight of them. What a body costs may
  change threefold in a process that has passed some gigabytes on.
- Memory is the resident memory of a new process, during the second half of 12,000 requests.
`;

const section = ({ part, rows, note }) => `## ${part.title}

${part.measures.what}, ${part.measures.unit}. ${note}.

${markdownTable(columnsOf(part), rows.map(cellsOf))}
${part.missing.length === 0 ? '' : `\nLeft out, because not installed: ${part.missing.join(', ')}.\n`}`;
