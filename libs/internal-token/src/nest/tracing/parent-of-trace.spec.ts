import { parentOfTrace } from './parent-of-trace.js';

const trace = '0190a6c0b1d27e3f8a4b5c6d7e8f9012';
const span = 'b7ad6b7169203331';

describe('parentOfTrace()', () => {
  it('R123: returns the span of a caller in the same trace', () => {
    expect(parentOfTrace(`00-${trace}-${span}-01`, trace)).toBe(span);
    expect(parentOfTrace(`00-${trace}-${span}-03`, trace)).toBe(span);
  });

  it('R122: reads a later version with data after the flags', () => {
    expect(parentOfTrace(`01-${trace}-${span}-01-more`, trace)).toBe(span);
    expect(parentOfTrace(`01-${trace}-${span}-01`, trace)).toBe(span);
  });

  it.each([
    ['another trace', `00-${'a'.repeat(32)}-${span}-01`],
    ['version ff', `ff-${trace}-${span}-01`],
    ['data after the flags in version 00', `00-${trace}-${span}-01-more`],
    ['a later version with data that is not separated by a dash', `01-${trace}-${span}-01more`],
    ['upper case', `00-${trace}-${span}-01`.toUpperCase()],
    ['a span of zeros', `00-${trace}-${'0'.repeat(16)}-01`],
    ['a trace of zeros', `00-${'0'.repeat(32)}-${span}-01`],
    ['bad hex', `00-${trace}-${'g'.repeat(16)}-01`],
    ['two joined fields', `00-${trace}-${span}-01, 00-${trace}-${span}-01`],
    ['a leading space', ` 00-${trace}-${span}-01`],
    ['an empty field', ''],
    ['no field', undefined],
    ['several fields', [`00-${trace}-${span}-01`]],
  ])('R122: ignores %s', (_name, field) => {
    expect(parentOfTrace(field, trace)).toBeUndefined();
  });
});
