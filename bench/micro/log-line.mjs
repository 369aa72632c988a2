// Measures what a line of the log costs, from the open span to the bytes on standard output, beside JSON.stringify and
// pino: `node bench/micro/log-line.mjs`
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { inTurns, median } from '../lib/statistics.mjs';

const ROUNDS = 60;
const WARM_UP = 5;
const LINES = 400;
/** After so many lines, the reader of a pipe gets time to read them; a full pipe is another subject. */
const READ = 40;
/** Lines per turn of the event loop: of a quiet process, and of one with some forty connections. */
const PER_TURN = [1, 5];

if (process.send === undefined) {
  for (const [output, redirection] of [
    ['/dev/null', '> /dev/null'],
    ['a pipe that is read', '| cat > /dev/null'],
  ]) {
    const command = `"$0" "$1" ${redirection}`;
    const child = spawn('sh', ['-c', command, process.execPath, fileURLToPath(import.meta.url)], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    child.on('message', (results) => report(output, results));
    await once(child, 'exit');
  }
} else {
  for (const perTurn of PER_TURN) process.send({ perTurn, times: await measure(await contestants(), perTurn) });
  process.disconnect();
}

async function contestants() {
  const { importSource } = await import('../../scripts/lib/typescript-imports.mjs');
  const { Logger } = await import('@nestjs/common');
  const { pino } = await import('pino');
  const { Tracer } = await importSource('libs/internal-token/src/nest/index.ts');
  const { InternalTokenLogger, InternalTokenLoggingModule } = await importSource(
    'libs/internal-token/src/logging/index.ts',
  );
  const service = 'orders';
  const token = { ageMs: 4, ttlMs: 59_000, kid: 'k1', verifyUs: 91 };
  const spec = { op: 'POST /orders', kind: 'server', route: '/orders/:id' };
  const store = () => ({ txn: '0193b1e7c0de7f00a1b2c3d4e5f60718' });
  const [silent, logged] = [new Tracer({ service }), new Tracer({ service })];
  const logger = new InternalTokenLogger({ service, level: 'info' });
  Logger.overrideLogger(logger);
  new InternalTokenLoggingModule(logged, {}).onModuleInit();
  const orders = new Logger('Orders');
  const direct = pino({ base: { service, instance: 'orders-1' }, timestamp: () => `,"time":${Date.now()}` });

  const span = (tracer) => {
    const open = tracer.open(spec, store());
    open.join(open.traceId, token);
    open.end(201);
  };
  /** The same members, ready made. */
  const members = () => {
    const txn = store().txn;
    const ids = { txn, trace_id: txn, span_id: 'aaaaaaaaaaaaaaaa' };
    const tok = { age_ms: 4, ttl_ms: 59_000, kid: 'k1', verify_us: 91 };
    return { ...ids, ev: 'end', ...spec, dur: 12.346, status: 201, tok };
  };
  const line = members();
  return {
    'turn of the event loop': () => {},
    'span without a line': () => span(silent),
    'span with its line': () => span(logged),
    'application line': () => orders.log('order placed', { item: 'tea', left: 3 }),
    'JSON.stringify': () => {
      const head = { time: Date.now() + 0.123, level: 'info', msg: spec.op, service, instance: 'orders-1' };
      process.stdout.write(`${JSON.stringify({ ...head, ...line })}\n`);
    },
    pino: () => direct.info(line, spec.op),
  };
}

/** Microseconds of CPU per line, by round. */
async function measure(pieces, perTurn) {
  const names = Object.keys(pieces);
  const times = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round < WARM_UP + ROUNDS; round += 1) {
    for (const name of inTurns(names, round)) {
      const before = process.cpuUsage();
      for (let line = 1; line <= LINES; line += 1) {
        pieces[name]();
        if (line % perTurn === 0) await setImmediate();
        if (line % READ === 0) await setTimeout(1);
      }
      const { user, system } = process.cpuUsage(before);
      if (round >= WARM_UP) times[name].push((user + system) / LINES);
    }
  }
  return times;
}

function report(output, { perTurn, times }) {
  const base = 'turn of the event loop';
  const beside = (name, other) => median(times[name].map((time, round) => time - times[other][round]));
  console.log(`\n${output}, lines per turn of the event loop: ${perTurn}`);
  const show = (name, microseconds) => console.log(`  ${name.padEnd(22)} ${microseconds.toFixed(2).padStart(6)} µs`);
  for (const name of Object.keys(times)) if (name !== base) show(name, beside(name, base));
  show('→ the line of a span', beside('span with its line', 'span without a line'));
}
