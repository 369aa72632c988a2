import { failedOrder } from '../../../../../../test/support/trace/failed-order.js';
import { placedOrder } from '../../../../../../test/support/trace/placed-order.js';
import { type Shown, SpanTree, visibleRows } from './span-tree.js';

const ALL: Shown = { collapsed: new Set(), notes: true, filter: '', criticalOnly: false };
const placed = new SpanTree(placedOrder().trace);
const failed = new SpanTree(failedOrder().trace);

const told = (tree: SpanTree, shown: Partial<Shown>): string[] =>
  visibleRows(tree, { ...ALL, ...shown }).map((row) =>
    row.kind === 'span' ? `${row.dimmed ? '~' : ''}${row.span.service} ${row.span.op}` : `- ${row.note.msg}`,
  );

describe('the rows of a trace', () => {
  it('are all spans, each below its parent, and log lines where they were written', () => {
    expect(told(failed, {})).toEqual([
      'gateway POST /orders',
      'orders orders.place',
      '- placing an order of 1 item',
      'orders catalog.prices',
      'orders inventory.reserve',
      'inventory inventory.reserve',
      'inventory inventory.update',
      '- the pool is exhausted: 12 wait',
      'orders orders.release',
      '- order 42 is given up',
      '- checkpoint starting: time',
    ]);
  });

  it('leave out closed spans, and log lines if they are switched off', () => {
    expect(told(failed, { notes: false, collapsed: new Set(['10f067aa0ba90230']) })).toEqual([
      'gateway POST /orders',
      'orders orders.place',
      'orders catalog.prices',
      'orders inventory.reserve',
      'orders orders.release',
    ]);
  });

  it('are, with a filter, the spans that match all words and their ancestors, even if closed', () => {
    const way = ['~gateway POST /orders', '~orders orders.place', '~orders inventory.reserve'];
    const found = ['~inventory inventory.reserve', 'inventory inventory.update'];
    expect(told(failed, { filter: 'Timeout update', collapsed: new Set(['10f067aa0ba90201']) })).toEqual([
      ...way,
      ...found,
    ]);
    expect(told(failed, { filter: 'nothing is called so' })).toEqual([]);
  });

  it.each([
    ['503', 2],
    ['error', 5],
    ['open', 1],
    ['pool exhausted', 1],
    ['10f067aa0ba90233', 1],
  ])('match the filter %j %i times', (filter, hits) => {
    const found = visibleRows(failed, { ...ALL, notes: false, filter }).filter(
      (row) => row.kind === 'span' && !row.dimmed,
    );
    expect(found).toHaveLength(hits);
  });

  it('are, on the critical path, the spans that the request waited for', () => {
    const rows = visibleRows(placed, { ...ALL, notes: false, criticalOnly: true }).map(({ id }) => id);
    expect(rows).toHaveLength(new Set(placed.report.criticalPath.map(({ span }) => span)).size);
    expect(rows).not.toContain('a1f067aa0ba90210');
  });

  it('include spans whose parent is unknown', () => {
    const report = placedOrder().trace;
    const orphan = { ...report.spans[3]!, id: 'ffffffffffffffff', parent: 'eeeeeeeeeeeeeeee' };
    const tree = new SpanTree({ ...report, spans: [...report.spans, orphan] });
    expect(visibleRows(tree, ALL).map(({ id }) => id)).toContain(orphan.id);
  });
});
