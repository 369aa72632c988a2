import { base64url, Forge } from './support/forge.js';

const SPELLINGS = ['none', 'None', 'NONE', 'nOnE', 'noNE', '', ' none', 'none ', 'null', 'n\u00f6ne'];

describe('alg none', () => {
  let forge: Forge;
  beforeEach(async () => {
    forge = await Forge.create();
  });

  it.each(SPELLINGS)('R66: refuses alg %j even with a valid signature', async (alg) => {
    expect(await forge.refusal(forge.token({}, { alg }))).toBe('txn_alg');
  });

  it.each(SPELLINGS)('R66: refuses alg %j with an invented signature', async (alg) => {
    const unsigned = `${base64url(forge.header({ alg }))}.${base64url(forge.payload())}`;
    expect(await forge.refusal(`${unsigned}.AAAA`)).toBe('txn_alg');
  });

  it.each([undefined, null, 0, true, [], ['ES256'], {}])(
    'R66: refuses an alg that is the JSON value %j',
    async (alg) => {
      expect(await forge.refusal(forge.token({}, { alg }))).toBe('txn_alg');
    },
  );

  it('R66, R72: refuses an empty signature under any alg', async () => {
    for (const alg of ['none', 'ES256']) {
      const unsigned = `${base64url(forge.header({ alg }))}.${base64url(forge.payload())}`;
      expect(await forge.refusal(`${unsigned}.`)).toBe('txn_malformed');
      expect(await forge.refusal(unsigned)).toBe('txn_malformed');
    }
  });
});
