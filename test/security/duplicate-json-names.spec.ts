import { Forge } from './support/forge.js';

describe('duplicate JSON names', () => {
  let forge: Forge;
  beforeEach(async () => {
    forge = await Forge.create();
  });

  it.each([
    ['a claim', '{"sub":"admin",'],
    ['a claim spelled with an escape', '{"\\u0073ub":"admin",'],
    ['a claim with whitespace around it', '{ "sub" : "admin" ,'],
    ['the audience', '{"aud":"other.example",'],
    ['the issuer, with an equal value', '{"iss":"api_gateway",'],
    ['a name in an unknown object', '{"x":{"a":1,"a":2},'],
    ['a name deep inside arrays', '{"x":[1,[{"a":[],"b":{},"a":[]}]],'],
    ['the empty name', '{"":1,"":2,'],
  ])('R72: refuses a duplicate of %s', async (_name, start) => {
    expect(await forge.refusal(forge.signed(forge.header(), forge.payload().replace('{', start)))).toBe(
      'txn_malformed',
    );
  });

  it('R72: refuses a duplicate header member, in either order', async () => {
    for (const header of [
      forge.header().replace('{', '{"alg":"none",'),
      forge.header().replace(/\}$/, ',"alg":"ES256"}'),
      forge.header().replace('{', '{"kid":"other",'),
    ]) {
      expect(await forge.refusal(forge.signed(header, forge.payload()))).toBe('txn_malformed');
    }
  });

  it('accepts the same name in different objects and as a value', async () => {
    const payload = forge
      .payload({ x: [{ a: 'a', b: { a: 1 } }, { a: '{"a":1,"a":2}' }], y: '"sub":"\\"', 7: 1 })
      .replaceAll(':', ' : ');
    expect(await forge.accept(forge.signed(forge.header(), payload))).toMatchObject({ userId: 'user-7' });
  });
});
