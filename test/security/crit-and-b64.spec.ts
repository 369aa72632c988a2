import { base64url, Forge, signBytes } from './support/forge.js';

describe('JWS extensions', () => {
  let forge: Forge;
  beforeEach(async () => {
    forge = await Forge.create();
  });

  it.each([
    { crit: ['exp'] },
    { crit: ['alg'] },
    { crit: [] },
    { crit: null },
    { crit: 'b64', b64: true },
    { crit: ['b64'], b64: true },
    { crit: ['b64'], b64: false },
    { b64: false },
    { b64: true },
    { crit: ['http://example.com/unknown'], 'http://example.com/unknown': 1 },
    { zip: 'DEF' },
    { enc: 'A256GCM' },
  ])('R71: refuses the header %j', async (members) => {
    expect(await forge.refusal(forge.token({}, members))).toBe('txn_malformed');
  });

  it('R71: refuses an unencoded payload', async () => {
    const input = `${base64url(forge.header({ b64: false, crit: ['b64'] }))}.${forge.payload()}`;
    expect(await forge.refusal(`${input}.${base64url(signBytes(input, forge.key))}`)).toBe('txn_malformed');
  });

  it('R21: ignores an unknown header member that demands nothing', async () => {
    expect(await forge.accept(forge.token({}, { foo: 1, cty: 'JSON' }))).toMatchObject({ userId: 'user-7' });
  });
});
