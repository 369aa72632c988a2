// The results in words: for the terminal, and docs/overhead.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { compareLineWithOpenTelemetry } from './statistics.mjs';

const root = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const PAGE = root('docs/overhead.md');

export function printed({ title, results }) {
  const lines = results.map(
    ({ variant, cpu, more, ratio, memory }) =>
      `  ${variant.name.padEnd(30)} ${columns(cpu)} µs   more ${columns(more)} µs   × ${ratio.median.toFixed(2)}   ${memory.toFixed(0)} MiB`,
  );
  return ['', title, ...lines].join('\n');
}

const columns = ({ low, median, high }) => `${cell(median)} (${cell(low)} …${cell(high)})`;
const cell = (number) => number.toFixed(1).padStart(6);

/** @param conditions `rounds`, `requests` and `warmUp`, of which the page tells */
export async function writePage(measurements, conditions) {
  const options = await resolveConfig(PAGE);
  writeFileSync(
    PAGE,
    await format(page(measurements, conditions), { ...options, parser: 'markdown', proseWrap: 'always' }),
  );
}

const page = (measurements, { rounds, requests, warmUp }) => `<!-- Written by bench/overhead/overhead.mjs --write. -->

# What the log line costs

CPU time of a service for one request: without any line, with the line that the library writes, and with
OpenTelemetry's automatic instrumentation of http instead. All in one run. To repeat it:

\`\`\`bash
node bench/overhead/overhead.mjs           # about five minutes; exit code 1 if the line is not the cheaper one
node bench/overhead/overhead.mjs --write   # and writes this page
\`\`\`

Last run: ${machine()}. ${rounds} rounds of ${requests} requests for every variant, after ${warmUp} rounds to warm up.

${measurements.map(section).join('\n')}
## How to read it

- **CPU** is user and system time of the whole process, all its threads, divided by the requests. Median of the rounds,
  with the quartiles: half of the rounds lie between them.
- **More** is what a variant costs beside "none" in the same round. The quartiles show the noise; a difference that is
  smaller than that of "none, once more" is none.
- **×** is the ratio to "none" of the same round. It depends on how little the handler does: this one does nothing, so a
  real service's ratios are smaller. The microseconds stay.
- **RSS** is the process' memory after the last round. Node collects garbage late, so it says how much a process took,
  not how much it needs.
- Absolute numbers are this machine's. Compare inside one table only.

## What is measured

Every process is the same Nest application on Fastify with \`NODE_ENV=production\`, made of the compiled package:
\`InternalTokenModule\`, \`InternalTokenHttpModule\`, one handler with \`@RequireScope\` and \`@RequirePermissions\`. Every
request brings a token of its own, which is verified. They come over loopback on 16 connections that stay open, from
another process. Variants take turns, A B C, B C A, so that none has the quiet minute for itself. After each round it is
checked that there are as many lines or spans as there must be; with sampling, not too many; in \`/dev/null\` nobody can
count.

- **Log line:** \`InternalTokenLoggingModule\` and \`InternalTokenLogger\` as JSON at level \`info\`. The span, its line, the
  redaction, and one synchronous write to standard output for each line are in the number. Whatever collects the lines
  afterwards is not.
- **Level debug** is the logger's default, where Nest's \`NEST_LOG_LEVEL\` sets no other: one more line when a request
  begins.
- **Sampled:** lines of the other 99 are held until their request has ended, and dropped, unless it failed or was slow.
- **OpenTelemetry:** sdk-trace ${version('@opentelemetry/sdk-trace')}, instrumentation-http ${version('@opentelemetry/instrumentation-http')}, instrumentation-undici ${version('@opentelemetry/instrumentation-undici')}, set up as their
  documentation does for ES modules (\`--import\`, \`module.register\`), \`AsyncLocalStorageContextManager\`, W3C trace context
  and baggage, \`BatchSpanProcessor\` with its defaults. No metrics. Neither Fastify nor Nest is instrumented, which
  would add spans. This library is there too, as in "none", and writes no line.
- **Thrown away** means that the exporter gets the batches and does nothing: the least that OpenTelemetry can cost.
  **Written** serialises each batch as OTLP protobuf, as its exporter does, and writes it to a file. Sending it to a
  collector, which is not measured, costs more.
- **Calls:** the handler awaits one \`fetch\` to a server in another process. The library gives it the token, in "none"
  too; the second line or span is the call's.

## What it means

${measurements.map(meaning).join('\n')}

They do not do the same. OpenTelemetry's span has more attributes, and goes to a backend that keeps and searches it. The
line is in its file when the request is over, has the token's id, and needs \`grep\` or \`itok trace\`. Both at once is
possible ([how](guides/opentelemetry.md)); then both are paid.

## Limits

- One machine, one Node version, one small handler, one kind of load. Nothing here is about latency.
- The processes share the processor's cores and caches with the one that asks, and with whatever else runs. That makes
  all numbers larger, and moves single rounds by more than the differences of some rows.
- Standard output is a file. A pipe or a terminal may cost something else.
`;

function section({ title, results }) {
  const rows = results.map(({ variant: { name, what }, cpu, more, ratio, memory }, index) => {
    const beside = index === 0 ? ['', ''] : [range(more), ratio.median.toFixed(2)];
    return `| ${[name, what, range(cpu), ...beside, memory.toFixed(0)].join(' | ')} |`;
  });
  return `## ${title}

|  |  | CPU, µs | more, µs | × | RSS, MiB |
| --- | --- | --: | --: | --: | --: |
${rows.join('\n')}
`;
}

const range = ({ low, median, high }) => `**${median.toFixed(0)}** (${low.toFixed(0)} … ${high.toFixed(0)})`;

function meaning(measurement) {
  const { title, line, openTelemetry, saved, won } = compareLineWithOpenTelemetry(measurement);
  const percent = Math.round((1 - line.more.median / openTelemetry.more.median) * 100);
  const outcome =
    saved.median > 0
      ? `The log costs ${micro(line.more)} more than none, OpenTelemetry ${micro(openTelemetry.more)}: ${percent} % less.`
      : `The log costs ${micro(line.more)} more than none, OpenTelemetry ${micro(openTelemetry.more)}: **not less**.`;
  return `- **${title}.** ${outcome} Compared round by round, the log was the cheaper one in ${Math.round(won * 100)} % of them.`;
}

const micro = ({ median }) => `${median.toFixed(0)} µs`;

function machine() {
  const names = new Set(cpus().map(({ model }) => model.trim()));
  return `Node ${process.versions.node}, ${process.platform} ${process.arch}, ${availableParallelism()} cores (${[...names].join(', ')}), Nest ${version('@nestjs/core')}, Fastify ${version('fastify')}`;
}

function version(name) {
  return JSON.parse(readFileSync(root(`node_modules/${name}/package.json`), 'utf8')).version;
}
