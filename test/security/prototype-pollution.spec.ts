import { Forge } from './support/forge.js';

describe('prototype pollution through claims', () => {
  let forge: Forge;
  beforeEach(async () => {
    forge = await Forge.create();
  });
  afterEach(() => {
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  it.each([
    ['a claim', '{"__proto__":{"polluted":true},'],
    ['an escaped claim', '{"__\\u0070roto__":{"polluted":true},'],
    ['a nested name', '{"x":{"y":[{"__proto__":{"polluted":true}}]},'],
  ])('refuses __proto__ as %s', async (_name, start) => {
    expect(await forge.refusal(forge.signed(forge.header(), forge.payload().replace('{', start)))).toBe(
      'txn_malformed',
    );
    expect(await forge.refusal(forge.signed(forge.header().replace('{', start), forge.payload()))).toBe(
      'txn_malformed',
    );
  });

  it('refuses __proto__ in tctx, the source of custom claims', async () => {
    const payload = forge.payload().replace('"tctx":{', '"tctx":{"__proto__":{"polluted":true},');
    expect(await forge.refusal(forge.signed(forge.header(), payload))).toBe('txn_malformed');
  });

  it('treats constructor and prototype like any other name', async () => {
    const tctx = { permissions: [], constructor: { prototype: { polluted: true } }, hasOwnProperty: 1 };
    const claims = await forge.accept(forge.token({ tctx, constructor: { prototype: { polluted: true } } }));
    expect(Object.getPrototypeOf(claims)).toBe(Object.prototype);
    expect(Object.getPrototypeOf(claims.custom)).toBe(Object.prototype);
    expect(Object.keys(claims.custom)).toEqual(['constructor', 'hasOwnProperty']);
  });

  it('accepts __proto__ as a value', async () => {
    const spaced = forge.payload({ sub: 'user-7', x: ['__proto__', 'a', '__proto__'] }).replaceAll(':', ' : ');
    expect(await forge.accept(forge.signed(forge.header(), spaced))).toMatchObject({ userId: 'user-7' });
    expect(await forge.accept(forge.token({ sub: '__proto__', x: '"__proto__":1' }))).toMatchObject({
      userId: '__proto__',
    });
  });

  it('ignores claims inherited from a prototype', async () => {
    const prototype = Object.prototype as Record<string, unknown>;
    prototype['sub'] = 'admin';
    try {
      // A payload without sub must not inherit one.
      await expect(forge.refusal(forge.token({ sub: undefined }))).resolves.toBe('txn_claims_invalid');
    } finally {
      delete prototype['sub'];
    }
  });
});
