import { entriesOf } from '../../../scripts/lib/docs/api-page.mjs';

/** The most values that an entry may export; types are not counted. Raise a number in review, with the reason. */
const MOST_VALUES: Readonly<Record<string, number>> = {
  'nestjs-internal-token': 20,
  'nestjs-internal-token/gateway': 14,
  'nestjs-internal-token/http': 5,
  'nestjs-internal-token/caller': 5,
  'nestjs-internal-token/logging': 4,
  'nestjs-internal-token/opentelemetry': 2,
  'nestjs-internal-token/dev': 1,
  'nestjs-internal-token/testing': 2,
};

/** docs/reference/api.md lists the names; `npm run docs:check` keeps it in step with the code. */
describe('The public API', () => {
  const entries = entriesOf('libs/internal-token');

  it('has these entry points', () => {
    expect(entries.map(({ specifier }) => specifier)).toEqual(Object.keys(MOST_VALUES));
  });

  it.each(entries)('$specifier exports no more values than agreed, each once', ({ specifier, values, types }) => {
    expect(values.length).toBeLessThanOrEqual(MOST_VALUES[specifier] ?? 0);
    expect(new Set([...values, ...types]).size).toBe(values.length + types.length);
  });
});
