// Formats the results for the terminal and for docs/overhead.md.
import { machine, versionOf, writePage } from '../lib/page.mjs';
import { compareLineWithOpenTelemetry } from './statistics.mjs';

export function printed({ title, results }) {
  const lines = results.map(
    ({ variant, cpu, more, ratio, memory }) =>
      `  ${variant.name.padEnd(30)} ${columns(cpu)} µs   more ${columns(more)} µs   × ${ratio.median.toFixed(2)}   ${memory.toFixed(0)} MiB`,
  );
  return ['', title, ...lines].join('\n');
}

const columns = ({ low, median, high }) => `${cell(median)} (${cell(low)} …${cell(high)})`;
const cell = (number) => number.toFixed(1).padStart(6);

/** @param conditions `rounds`, `requests` and `warmUp`, which the page states */
export const writeOverheadPage = (measurements, conditions) =>
  writePage('docs/overhead.md', page(measurements, conditions));

const page = (measurements, { rounds, requests, warmUp }) => `<!-- Written by bench/overhead/overhead.mjs --write. -->

# What the log line costs

CPU time of a service per request: without any line, with the line that the library writes, and with OpenTelemetry's
automatic instrumentation of http instead, all in one run. To repeat it:

\`\`\`bash
node bench/overhead/overhead.mjs           # about five minutes; exit code 1 if the line is not cheaper
node bench/overhead/overhead.mjs --write   # also writes this page
\`\`\`

Last run: ${machine()}, Nest ${versionOf('@nestjs/core')}, Fastify ${versionOf('fastify')}. ${rounds} rounds of ${requests} requests for every variant, after ${warmUp} warm-up rounds.

${measurements.map(section).join('\n')}
## How to read it

- **CPU** is the user and system time of the whole process, all threads, divided by the number of requests. It is the
  median of the rounds, with the quartiles: half of the rounds lie between them.
- **More** is the difference to "none" in the same round. The quartiles show the noise; a difference smaller than that
  of "none, once more" means nothing.
- **×** is the ratio to "none" in the same round. It depends on how little the handler does: this one does nothing, so
  the ratios of a real service are smaller. The microseconds are the same.
- **RSS** is the process' memory after the last round. Node collects garbage late, so it shows how much memory a process
  took, not how much it needs.
- Absolute numbers depend on this machine. Compare only within one table.

## What is measured

Every process is the same Nest application on Fastify with \`NODE_ENV=production\`, built with the compiled package:
\`InternalTokenModule\`, \`InternalTokenHttpModule\`, one handler with \`@RequireScope\` and \`@RequirePermissions\`. Every
request carries its own token, which is verified. Another process sends the requests over loopback on 16 keep-alive
connections. Variants are interleaved, A B C, B C A, so that none gets all the quiet minutes. After each round the number
of lines or spans is checked exactly; with sampling, against an upper bound; with \`/dev/null\`, not at all.

- **Log line:** \`InternalTokenLoggingModule\` and \`InternalTokenLogger\` as JSON at level \`info\`. The number includes the
  span, its line, the redaction, and one synchronous write to standard output per line. It does not include collecting
  the lines afterwards.
- **Level debug** is the logger's default, unless Nest's \`NEST_LOG_LEVEL\` sets another: one more line when a request
  begins.
- **Sampled:** the lines of the other 99 requests are held until the request has ended, then dropped unless it failed or
  was slow.
- **OpenTelemetry:** sdk-trace ${versionOf('@opentelemetry/sdk-trace')}, instrumentation-http ${versionOf('@opentelemetry/instrumentation-http')}, instrumentation-undici ${versionOf('@opentelemetry/instrumentation-undici')}, set up as documented for ES
  modules (\`--import\`, \`module.register\`), with \`AsyncLocalStorageContextManager\`, W3C trace context and baggage, and
  \`BatchSpanProcessor\` with its defaults. No metrics. Neither Fastify nor Nest is instrumented, which would add spans.
  This library is present too, as in "none", and writes no line.
- **Discarded** means that the exporter receives the batches and does nothing: the least that OpenTelemetry can cost.
  **Written** serialises each batch as OTLP protobuf, as the OTLP exporter does, and writes it to a file. Sending it to a
  collector, which is not measured, costs more.
- **Calls:** the handler awaits one \`fetch\` to a server in another process. The library adds the token, in "none" too;
  the second line or span is that of the call.

## What it means

${measurements.map(meaning).join('\n')}

The two do not do the same work. OpenTelemetry's span has more attributes and goes to a backend that stores and searches
it. The line is in its file when the request is over, carries the token's id, and needs only \`grep\` or \`itok trace\`.
You can use both ([how](guides/opentelemetry.md)), at the cost of both.

## Limits

- One machine, one Node version, one small handler, one kind of load. This page says nothing about latency.
- The processes share the CPU cores and caches with the client and with everything else on the machine. That raises all
  numbers, and moves single rounds by more than some rows differ.
- Standard output is a file. A pipe or a terminal may cost more or less.
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
  return `- **${title}.** ${outcome} Compared round by round, the log was cheaper in ${Math.round(won * 100)} % of them.`;
}

const micro = ({ median }) => `${median.toFixed(0)} µs`;
