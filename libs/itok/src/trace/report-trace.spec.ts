import { linesFrom, planted, type Step } from '../../test/support/planted.js';
import { type Line, type ReportedSpan, reportTrace, type TraceReport } from './index.js';

const read = (name: string, raw = false): TraceReport => {
  const lines = planted(name);
  const report = reportTrace(lines[0]?.txn ?? '', lines, { raw });
  if (report === undefined) throw new Error(`${name} has no spans`);
  return report;
};

const find = (report: TraceReport, service: string, op: string, kind?: string): ReportedSpan => {
  const found = report.spans.find(
    (span) => span.service === service && span.op === op && (kind === undefined || span.kind === kind),
  );
  if (found === undefined) throw new Error(`${service} ${op} not found`);
  return found;
};

describe('the report of a request', () => {
  it('names the bottleneck in a sentence', () => {
    const report = read('bottleneck');
    expect(find(report, 'inventory', 'update reservations').critical).toBeCloseTo(30, 3);
    expect(report.verdict).toBe(
      'POST /orders took 48.0 ms, of which 30.0 ms (63 %) went to update reservations in the database of inventory.',
    );
  });

  it('separates own time from the time of calls', () => {
    const report = read('bottleneck');
    expect(find(report, 'orders', 'POST /orders').self).toBeCloseTo(45 - 4 - 33 - 1.8, 3);
    // Besides its answer, a call consists of the way there and back.
    expect(find(report, 'orders', 'inventory.reserve', 'client').self).toBeCloseTo(1, 3);
  });

  it('puts the longer of two parallel calls on the critical path, and not the other', () => {
    const report = read('parallel');
    expect(find(report, 'inventory', 'inventory.reserve').critical).toBeCloseTo(19.2, 3);
    expect(find(report, 'catalog', 'catalog.findItems', 'server').critical).toBe(0);
    expect(find(report, 'orders', 'POST /orders').self).toBeCloseTo(7.5, 3);
  });

  it('finds wrong clocks, reports by how much, and corrects for it', () => {
    const report = read('skew');
    const skews = Object.fromEntries(
      report.skews.map(({ service, ahead, uncertainty }) => [service, { ahead, uncertainty }]),
    );
    expect(Math.abs((skews['inventory']?.ahead ?? 0) - 250)).toBeLessThanOrEqual(skews['inventory']?.uncertainty ?? 0);
    expect(Math.abs((skews['orders']?.ahead ?? 0) + 40)).toBeLessThanOrEqual(skews['orders']?.uncertainty ?? 0);
    const reserve = find(report, 'inventory', 'inventory.reserve', 'server');
    const call = find(report, 'orders', 'inventory.reserve', 'client');
    expect(reserve.offset).toBeGreaterThanOrEqual(call.offset);
    expect(reserve.offset + reserve.duration).toBeLessThanOrEqual(call.offset + call.duration);
    expect(reserve.notes[0]?.offset).toBeCloseTo(20, -1);
  });

  it('corrects a wrong clock in lines outside every span, too', () => {
    const lines = planted('skew');
    const txn = lines[0]?.txn ?? '';
    const at = (instance: string, time: number): Line => ({
      time,
      level: 'info',
      msg: instance,
      service: instance,
      instance,
      txn,
    });
    const end = Math.max(...lines.map(({ time }) => time));
    const ahead = reportTrace('', lines)?.skews.find(({ instance }) => instance === 'inventory-1')?.ahead ?? 0;
    // The clock of one process is known to be 250 ms ahead; nothing is known about that of the other.
    const stray = [at('inventory-1', end), at('elsewhere', end - ahead / 2)];
    const offsets = (raw: boolean): unknown =>
      reportTrace('', [...lines, ...stray], { raw })?.strayNotes.map(({ msg, offset }) => [msg, Math.round(offset)]);
    const root = Math.round(end - (reportTrace('', lines)?.startedAt ?? 0));
    expect(offsets(false)).toEqual([
      ['inventory-1', Math.round(root - ahead)],
      ['elsewhere', Math.round(root - ahead / 2)],
    ]);
    expect(offsets(true)).toEqual([
      ['elsewhere', Math.round(root - ahead / 2)],
      ['inventory-1', root],
    ]);
  });

  it('leaves clocks uncorrected when asked to', () => {
    const report = read('skew', true);
    expect(report.skews).toEqual([]);
    expect(find(report, 'inventory', 'inventory.reserve', 'server').offset).toBeCloseTo(258.6, 1);
  });

  it('blames the service that hangs, even if its end was logged after every caller gave up', () => {
    const report = read('timeout');
    expect(report.verdict).toBe(
      'POST /orders took 2,000 ms, of which 1,990 ms (100 %) went to update stock in the database of inventory; it failed with 504: upstream_timeout.',
    );
    expect(report.skews).toEqual([]);
  });

  it('says what the request waited for when the client left', () => {
    expect(read('client-left').verdict).toBe(
      'POST /orders took 700 ms, of which 691 ms (99 %) went to inventory.reserve in inventory; the client left before it was answered.',
    );
  });

  it('says that the client left in the middle of its answer', () => {
    const err = { type: 'Error', message: 'The connection closed before the answer was complete', status: 499 };
    const root: Step = { service: 'gateway', kind: 'server', op: 'GET /export', at: 0, dur: 900, status: 200, err };
    expect(reportTrace('', linesFrom(root))?.verdict).toBe(
      'GET /export took 900 ms; the client left before it had received all of the answer.',
    );
  });

  it('reports many quick statements as one slow operation', () => {
    expect(read('n-plus-one').verdict).toBe(
      'POST /orders took 230 ms, of which 192 ms (83 %) went to 60 × select items in the database of catalog.',
    );
  });

  it('does not blame the network if the end of an answer was logged a little late', () => {
    const answer: Step = { service: 'orders', kind: 'server', op: 'GET /orders', at: 1, dur: 19.5 };
    const call: Step = { service: 'gateway', kind: 'client', op: 'GET /orders', peer: 'orders', at: 0.5, dur: 19.5 };
    const root: Step = { service: 'gateway', kind: 'server', op: 'GET /orders', at: 0, dur: 20.2 };
    const report = reportTrace('', linesFrom({ ...root, calls: [{ ...call, calls: [answer] }] }));
    expect(report?.skews).toEqual([]);
    expect(report?.verdict).toContain('19.0 ms (94 %) went to GET /orders in orders');
  });

  it('keeps work that no span waited for off the critical path', () => {
    const root: Step = { service: 'orders', kind: 'server', op: 'POST /orders', at: 0, dur: 30 };
    const mail: Step = { service: 'orders', op: 'send mail', at: 5, dur: 200 };
    const report = reportTrace('', linesFrom({ ...root, calls: [mail] }));
    expect(report?.spans).toMatchObject([
      { op: 'POST /orders', self: 30, critical: 30 },
      { op: 'send mail', critical: 0, detached: true },
    ]);
  });

  it('attributes time that only a running call accounts for to that call', () => {
    const root: Step = { service: 'orders', op: 'root', at: 0, dur: 100 };
    const first: Step = { service: 'orders', op: 'first', at: 0, dur: 60 };
    const second: Step = { service: 'orders', op: 'second', at: 50, dur: 50 };
    const report = reportTrace('', linesFrom({ ...root, calls: [first, second] }));
    expect(report?.spans.map(({ op, critical }) => [op, critical])).toEqual([
      ['root', 0],
      ['first', 50],
      ['second', 50],
    ]);
  });

  it('reports two processes that claim one span, and no missing lines of either', () => {
    const report = read('claimed-twice');
    expect(report.gaps).toMatchObject([{ kind: 'claimed-twice', service: 'inventory' }]);
    expect(report.verdict).not.toContain('no lines');
  });

  it('does not report missing lines of external services, which get no token', () => {
    const root: Step = { service: 'orders', kind: 'server', op: 'POST /orders', at: 0, dur: 30 };
    const call: Step = { service: 'orders', kind: 'client', op: 'GET prices', peer: 'price-feed', at: 5, dur: 20 };
    expect(reportTrace('', linesFrom({ ...root, calls: [{ ...call, propagated: false }] }))?.gaps).toEqual([]);
  });

  it('suspects no clock that may be right', () => {
    expect(read('bottleneck').skews).toEqual([]);
  });

  it('names a called service that left no lines', () => {
    expect(read('gap').gaps.map(({ text }) => text)).toEqual(['no lines from inventory, called by orders at +12.0 ms']);
  });

  it('names a service whose lines are all missing, and places its callee where it must have run', () => {
    const report = read('missing-service');
    expect(report.gaps.map(({ kind, service }) => [kind, service])).toEqual([['silent-callee', 'orders']]);
    expect(find(report, 'inventory', 'inventory.reserve')).toMatchObject({ depth: 1, parent: report.spans[0]?.id });
    expect(find(report, 'inventory', 'inventory.reserve').missingParent).toMatch(/^[0-9a-f]{16}$/);
  });

  it('reports no missing lines of a callee that could not be reached', () => {
    const unreached: Step = {
      service: 'orders',
      kind: 'server',
      op: 'POST /orders',
      at: 0,
      dur: 10,
      calls: [
        {
          service: 'orders',
          kind: 'client',
          op: 'inventory.reserve',
          peer: 'inventory',
          at: 1,
          dur: 2,
          status: 'error',
          err: { type: 'PortError', message: 'gone', code: 'port_unreachable', status: 503 },
        },
      ],
    };
    const lines = linesFrom(unreached);
    expect(reportTrace(lines[0]?.txn ?? '', lines)?.gaps).toEqual([]);
  });

  it('reports no missing lines if lines were sampled, of a healthy callee or a caller that handled the failure', () => {
    const call = { service: 'orders', kind: 'client', peer: 'inventory', op: 'inventory.reserve', at: 1, dur: 8 };
    const answer = { service: 'inventory', kind: 'server', op: 'inventory.reserve', status: 500, at: 2, dur: 5 };
    const kinds = (lines: readonly Line[]): unknown => reportTrace('', lines)?.gaps.map(({ kind }) => kind);
    for (const [step, kind] of [
      [{ ...call, ev: 'none', calls: [answer] }, 'silent-caller'],
      [{ ...call, calls: [{ ...answer, ev: 'none' }] }, 'silent-callee'],
    ] as const) {
      expect(kinds(linesFrom(step))).toEqual([kind]);
      expect(kinds(linesFrom(step).map((line) => ({ ...line, kept: 'error' })))).toEqual([]);
    }
  });

  it('does not extend an open span by a clock error', () => {
    const call = { service: 'gateway', kind: 'client', op: 'orders.a', peer: 'orders', at: 1, dur: 50 };
    const answer = { service: 'orders', kind: 'server', op: 'orders.a', at: 2, dur: 45 };
    const late = { service: 'orders', op: 'orders.b', at: 60, dur: 1000, notes: [] };
    const calls = [{ ...call, calls: [answer] }, late];
    const root = { service: 'gateway', kind: 'server', op: 'POST /orders', at: 0, dur: 1000, ev: 'inflight', calls };
    const report = reportTrace('', linesFrom(root, { clocks: { orders: 60_000 } }));
    expect(Math.abs((report?.duration ?? 0) - 1060)).toBeLessThan(5);
  });

  it('reports own time if a slightly wrong clock has changed the order', () => {
    const call = { service: 'gateway', kind: 'client', op: 'b.x', peer: 'b', at: 1, dur: 1 };
    const calls = [
      { ...call, calls: [{ ...call, service: 'b', kind: 'server' }] },
      { service: 'b', op: 'b.work', at: 5.3, dur: 10 },
      { service: 'gateway', op: 'earlier', at: 5.1, dur: 1 },
    ];
    const root = { service: 'gateway', kind: 'server', op: 'GET /x', at: 0, dur: 20, calls };
    const report = reportTrace('', linesFrom(root, { clocks: { b: -0.3 } }));
    expect(report?.skews).toEqual([]);
    expect(report?.spans[0]?.self).toBeCloseTo(20 - 1 - 10.2, 1);
  });

  it('says that the time went to a call whose callee left no lines', () => {
    const calls = [{ service: 'gateway', op: 'check', at: 0, dur: 1 }];
    const root = { service: 'gateway', kind: 'server', op: 'POST /orders', peer: 'orders', at: 0, dur: 50, calls };
    expect(reportTrace('', linesFrom(root))?.verdict).toContain('went to own work of gateway and its call to orders');
  });

  it('places thousands of orphaned spans in linear time', () => {
    const calls = Array.from({ length: 30_000 }, (_, index): Step => {
      const inner = { service: 'c', kind: 'server', op: 'c.x', at: index + 0.2, dur: 0.5 };
      const silent = { service: 'b', kind: 'server', op: 'b.x', at: index + 0.1, dur: 0.7, ev: 'none', calls: [inner] };
      return index % 2 === 0
        ? silent
        : { service: 'gateway', kind: 'client', op: 'b.x', peer: 'b', at: index, dur: 0.9, calls: [silent] };
    });
    // By what this thread has worked, whoever else had the machine meanwhile: to compare each span with every call would
    // be fifty times the work of writing and reading their lines; one sweep is about as much.
    const work = process.threadCpuUsage();
    const lines = linesFrom({ service: 'gateway', kind: 'server', op: 'POST /import', at: 0, dur: 30_000, calls });
    const writing = process.threadCpuUsage(work).user;
    const report = reportTrace('', lines);
    const reporting = process.threadCpuUsage(work).user - writing;
    expect(reporting).toBeLessThan(5 * writing);
    const kinds = new Map(report?.spans.map(({ id, kind }) => [id, kind]));
    const callees = report?.spans.filter(({ op }) => op === 'c.x') ?? [];
    expect(Map.groupBy(callees, ({ parent = '' }) => kinds.get(parent)).get('client')).toHaveLength(15_000);
    expect(Map.groupBy(callees, ({ depth }) => depth).get(1)).toHaveLength(15_000);
  });

  it('follows a failure to where it began', () => {
    const report = read('error');
    const byId = new Map(report.spans.map((span) => [span.id, span]));
    expect(report.errorChain.map((id) => `${byId.get(id)?.service} ${byId.get(id)?.op}`)).toEqual([
      'gateway POST /orders',
      'orders POST /orders',
      'orders inventory.reserve',
      'inventory inventory.reserve',
      'inventory select stock',
    ]);
    expect(report.verdict).toContain('it failed with 500, which began with select stock in inventory: 57014');
  });

  it('distinguishes a refusal from a failure', () => {
    const report = read('refusal');
    expect(report.failed).toBe(false);
    expect(report.spans.filter(({ failed }) => failed)).toEqual([]);
    expect(report.verdict).toContain(
      'was refused with 409, which began with inventory.reserve in inventory: out_of_stock',
    );
  });

  it('reports a refusal without a reason only once', () => {
    const lines = linesFrom({ service: 'gateway', kind: 'server', op: 'POST /orders', at: 0, dur: 5, status: 400 });
    expect(reportTrace(lines[0]?.txn ?? '', lines)?.verdict).toBe(
      'POST /orders took 5.00 ms; it was refused with 400.',
    );
  });

  it('reports that the client left, without a refusal, a failure or missing lines', () => {
    const err = { type: 'Error', message: 'closed', status: 499 };
    const left = { kind: 'server', op: 'POST /orders', at: 0, dur: 5, status: 499, err };
    for (const step of [
      { ...left, service: 'gateway', peer: 'orders' },
      { ...left, service: 'gateway', peer: 'orders', calls: [{ ...left, service: 'orders' }] },
      { ...left, service: 'gateway', calls: [{ ...left, kind: 'internal', service: 'orders', status: 'error' }] },
    ]) {
      const report = reportTrace('', linesFrom(step));
      expect(report).toMatchObject({ failed: false, gaps: [] });
      expect(report?.verdict).toMatch(/^POST \/orders took 5\.00 ms.*; the client left before it was answered\.$/);
    }
  });

  it('treats an HTTP version error as a refusal, and an unready service as a failure', () => {
    for (const [status, failed] of [
      [505, false],
      [503, true],
    ] as const) {
      const lines = linesFrom({ service: 'gateway', kind: 'server', op: 'GET', at: 0, dur: 1, status });
      expect(
        reportTrace(
          '',
          lines.map((line) => ({ ...line, level: 'info' })),
        )?.failed,
      ).toBe(failed);
    }
  });

  it('shows a span that never ended for as long as its caller waited for it', () => {
    const report = read('unfinished');
    expect(report.unfinished).toBe(true);
    expect(find(report, 'orders', 'POST /orders')).toMatchObject({ open: true });
    const { offset, duration } = find(report, 'orders', 'POST /orders');
    expect(offset + duration).toBe(report.duration);
    expect(report.verdict).toContain('went to POST /orders in orders, whose end was not logged;');
    expect(report.verdict).toContain('1 span has no end');
  });

  it('keeps application lines under the span that wrote them', () => {
    const report = read('bottleneck');
    expect(find(report, 'orders', 'POST /orders').notes.map(({ msg }) => msg)).toEqual(['placing an order of 2 lines']);
    expect(report.strayNotes).toEqual([]);
  });

  it('reports who asked, and how old the token was at each hop', () => {
    const report = read('bottleneck');
    expect(report.tenant).toBe('acme');
    expect(find(report, 'inventory', 'inventory.reserve').token).toMatchObject({ age: 1010, left: 58_990 });
  });

  it('survives spans that call each other in a cycle, and a span that calls itself', () => {
    const lines = planted('bottleneck').map((line) => ({ ...line }));
    const [a, b, c] = lines.filter(({ ev }) => ev === 'end').map(({ spanId }) => spanId);
    const twisted = lines.map((line) => {
      if (line.spanId === a && b !== undefined) return { ...line, parentSpanId: b };
      if (line.spanId === b && a !== undefined) return { ...line, parentSpanId: a };
      if (line.spanId === c && c !== undefined) return { ...line, parentSpanId: c };
      return line;
    });
    const report = reportTrace(lines[0]?.txn ?? '', twisted);
    expect(report?.spans).toHaveLength(9);
  });

  it('counts a line that was delivered twice once', () => {
    const lines = planted('bottleneck');
    expect(reportTrace(lines[0]?.txn ?? '', [...lines, ...lines])).toEqual(read('bottleneck'));
  });

  it('returns undefined for lines without spans', () => {
    expect(
      reportTrace(
        '',
        planted('bottleneck').filter(({ ev }) => ev === undefined),
      ),
    ).toBeUndefined();
  });
});
