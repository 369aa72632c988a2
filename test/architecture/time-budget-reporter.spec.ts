import { timeReport } from '../../scripts/lib/time-budget-reporter.mjs';

const suite = (name: string, seconds: number, project: string) => ({
  testFilePath: `/work/${name}.spec.ts`,
  displayName: { name: project },
  perfStats: { start: 1_000, end: 1_000 + seconds * 1000 },
});

describe('the time report of a test run', () => {
  it('lists the ten slowest suites with their share', () => {
    const suites = Array.from({ length: 20 }, (_, index) => suite(`s${index}`, index / 10, 'unit'));
    const lines = timeReport(suites, '/work').trim().split('\n');
    expect(lines).toHaveLength(11);
    expect(lines[0]).toBe('Slowest suites, of 19 s in all:');
    expect(lines[1]).toMatch(/^ +1\.9 s +10 % +s19\.spec\.ts$/);
    expect(lines[10]).toContain('s10.spec.ts');
  });

  it('names the suites over the budget of their project', () => {
    const suites = [
      suite('slow', 11, 'unit'),
      suite('fine', 9, 'security'),
      suite('end-to-end', 59, 'topology'),
      suite('endless', 61, 'page'),
    ];
    const [, late = ''] = timeReport(suites, '/work').split('Over their budget:\n');
    expect(late.trim().split('\n')).toEqual([
      expect.stringMatching(/61\.0 s +> 60 +endless\.spec\.ts$/),
      expect.stringMatching(/11\.0 s +> 10 +slow\.spec\.ts$/),
    ]);
  });
});
