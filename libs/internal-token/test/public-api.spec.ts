import { entriesOf } from '../../../scripts/lib/docs/api-page.mjs';

/** The most values that an entry may export; types are not counted. Raise a number in review, with the reason. */
const MOST_VALUES: Readonly<Record<string, number>> = {
  'nestjs-internal-token': 26,
  'nestjs-internal-token/gateway': 14,
  'nestjs-internal-token/http': 10,
  'nestjs-internal-token/caller': 6,
  'nestjs-internal-token/logging': 4,
  'nestjs-internal-token/opentelemetry': 2,
  'nestjs-internal-token/dev': 1,
  'nestjs-internal-token/testing': 2,
};

/** Which names they are stands in docs/reference/api.md, which `npm run docs:check` holds to the code. */
describe('The public surface', () => {
  const entries = entriesOf('libs/internal-token');

  it('has these entries', () => {
    expect(entries.map(({ specifier }) => specifier)).toEqual(Object.keys(MOST_VALUES));
  });

  it.each(entries)('$specifier exports no more values than agreed, each once', ({ specifier, values, types }) => {
    expect(values.length).toBeLessThanOrEqual(MOST_VALUES[specifier] ?? 0);
    expect(new Set([...values, ...types]).size).toBe(values.length + types.length);
  });
});
