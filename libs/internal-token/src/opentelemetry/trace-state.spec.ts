import { readState, writeState } from './trace-state.js';

const ID = 'b7ad6b7169203331';

describe('Our tracestate member', () => {
  it('R125: contains a span id and a flag, and can be read back', () => {
    for (const traceFlags of [0, 1]) {
      expect(writeState({ spanId: ID, traceFlags })).toMatch(/^itok=[0-9a-f]{16}-0[01]$/);
      expect(readState(writeState({ spanId: ID, traceFlags }))).toEqual({ spanId: ID, traceFlags });
    }
    // `random` and later flags do not concern the parent.
    expect(writeState({ spanId: ID, traceFlags: 3 })).toBe(`itok=${ID}-01`);
  });

  it.each([`itok=${ID}-01`, `a=b, itok=${ID}-01 ,c=d`, `a=b,\titok=${ID}-01`])('is found in %j', (field) => {
    expect(readState(field)).toEqual({ spanId: ID, traceFlags: 1 });
  });

  it.each([
    undefined,
    [`itok=${ID}-01`, `itok=${ID}-01`],
    '',
    `xitok=${ID}-01`,
    `a=itok=${ID}-01`,
    `itok=${ID.toUpperCase()}-01`,
    `itok=${ID}`,
    `itok=${ID}-02`,
    `itok=${ID}0-01`,
    `itok=${'0'.repeat(16)}-01`,
    `itok=${ID}-01;x`,
    'a=b,'.repeat(20_000),
  ])('R122: is not found in %j', (field) => {
    expect(readState(field)).toBeUndefined();
  });
});
