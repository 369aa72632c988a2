import { placedOrder } from '../../../../../../test/support/trace/placed-order.js';
import { barParts } from './bar-parts.js';
import { SpanTree } from './span-tree.js';

const tree = new SpanTree(placedOrder().trace);
const span = tree.span('00f067aa0ba90230')!;
const child = (offset: number, duration: number, kind: 'server' | 'client' = 'client') => ({
  ...span,
  kind,
  offset,
  duration,
});
const sum = (parts: ReturnType<typeof barParts>, what: string): number =>
  parts.filter((part) => part.what === what).reduce((total, { from, to }) => total + to - from, 0);

describe('the parts of a bar', () => {
  it('follow each other from the beginning of the span to its end', () => {
    for (const each of tree.report.spans) {
      const parts = barParts(each, tree.children(each));
      expect(parts[0]?.from).toBe(each.offset);
      expect(parts.at(-1)?.to).toBe(each.offset + each.duration);
      for (const [index, part] of parts.entries())
        expect(part.from).toBe(index === 0 ? each.offset : parts[index - 1]?.to);
    }
  });

  it('count as self time exactly what no child covers', () => {
    for (const each of tree.report.spans) {
      const parts = barParts(each, tree.children(each));
      expect(sum(parts, 'self') + sum(parts, 'network')).toBeCloseTo(each.self, 6);
    }
  });

  it('are network time where one server answered a call', () => {
    expect(barParts(span, tree.children(span)).map(({ what }) => what)).toEqual(['network', 'children', 'network']);
    expect(barParts(span, []).map(({ what }) => what)).toEqual(['self']);
    expect(barParts({ ...span, kind: 'server' }, tree.children(span)).map(({ what }) => what)).not.toContain('network');
  });

  it('do not subtract a detached child that outlived its span', () => {
    const detached = { ...child(span.offset, span.duration * 2), detached: true as const };
    expect(barParts(span, [detached]).map(({ what }) => what)).toEqual(['self']);
  });

  it('count overlapping children once, and nothing outside the span', () => {
    const root = { ...span, kind: 'server' as const, offset: 10, duration: 10 };
    const parts = barParts(root, [child(5, 7), child(11, 3), child(12, 1), child(18, 50), child(90, 1)]);
    expect(parts).toEqual([
      { what: 'children', from: 10, to: 14 },
      { what: 'self', from: 14, to: 18 },
      { what: 'children', from: 18, to: 20 },
    ]);
  });
});
