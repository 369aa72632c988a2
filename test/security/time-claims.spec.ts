import { Forge, NOW } from './support/forge.js';

describe('time claims', () => {
  let forge: Forge;
  beforeEach(async () => {
    forge = await Forge.create();
  });

  it('R63, R152: accepts an expired token within the leeway of 5 s, and not after', async () => {
    await forge.accept(forge.token({ exp: NOW - 4 }));
    expect(await forge.refusal(forge.token({ exp: NOW - 5 }))).toBe('txn_expired');
    expect(await forge.refusal(forge.token({ exp: NOW - 9 }))).toBe('txn_expired');
    expect(await forge.refusal(forge.token({ exp: NOW - 10, iat: NOW - 70 }))).toBe('txn_expired');
  });

  it('R76, R152: accepts a token from the future within the leeway, and not beyond', async () => {
    await forge.accept(forge.token({ iat: NOW + 4 }));
    await forge.accept(forge.token({ iat: NOW + 5 }));
    expect(await forge.refusal(forge.token({ iat: NOW + 6 }))).toBe('txn_not_yet_valid');
    expect(await forge.refusal(forge.token({ iat: NOW + 10 }))).toBe('txn_not_yet_valid');
  });

  it('R76: honours nbf', async () => {
    await forge.accept(forge.token({ nbf: NOW }));
    await forge.accept(forge.token({ nbf: NOW + 5 }));
    expect(await forge.refusal(forge.token({ nbf: NOW + 6 }))).toBe('txn_not_yet_valid');
  });

  it('R64: uses the configured leeway', async () => {
    const exact = await Forge.create('ES256', { leewaySeconds: 0 });
    expect(await exact.refusal(exact.token({ exp: NOW }))).toBe('txn_expired');
    expect(await exact.refusal(exact.token({ iat: NOW + 1 }))).toBe('txn_not_yet_valid');
    const wide = await Forge.create('ES256', { leewaySeconds: 60 });
    await wide.accept(wide.token({ exp: NOW - 9 }));
    expect(await wide.refusal(wide.token({ exp: NOW - 60, iat: NOW - 120 }))).toBe('txn_expired');
  });

  it('R76: accepts a lifetime of 300 s and refuses 301 s, whatever the leeway', async () => {
    await forge.accept(forge.token({ iat: NOW, exp: NOW + 300 }));
    expect(await forge.refusal(forge.token({ iat: NOW, exp: NOW + 301 }))).toBe('txn_lifetime');
    expect(await forge.refusal(forge.token({ iat: 0, exp: NOW + 50 }))).toBe('txn_lifetime');
    expect(await forge.refusal(forge.token({ exp: Number.MAX_SAFE_INTEGER }))).toBe('txn_lifetime');
    const short = await Forge.create('ES256', { maxLifetimeSeconds: 60 });
    expect(await short.refusal(short.token({ iat: NOW, exp: NOW + 61 }))).toBe('txn_lifetime');
  });

  it('R9: refuses a token that expires before it is issued', async () => {
    expect(await forge.refusal(forge.token({ iat: NOW + 2, exp: NOW + 1 }))).toBe('txn_lifetime');
    expect(await forge.refusal(forge.token({ iat: NOW, exp: NOW }))).toBe('txn_lifetime');
  });

  it.each(['exp', 'iat'])('R63, R75: requires %s to be a number', async (name) => {
    for (const value of [undefined, null, '', `${NOW + 50}`, true, [NOW + 50], {}, -1]) {
      expect(await forge.refusal(forge.token({ [name]: value }))).toBe('txn_claims_invalid');
    }
  });

  it('R76: refuses an nbf that is not a number', async () => {
    for (const value of ['', `${NOW}`, true, [NOW], -1]) {
      expect(await forge.refusal(forge.token({ nbf: value }))).toBe('txn_claims_invalid');
    }
  });

  it.each(['1e400', '-1e400', '9007199254740993', '1e300'])('R63: refuses %s as a date', async (number) => {
    for (const name of ['exp', 'iat', 'nbf']) {
      const payload = forge.payload({ [name]: 0 }).replace(`"${name}":0`, `"${name}":${number}`);
      expect(await forge.refusal(forge.signed(forge.header(), payload))).toBe('txn_claims_invalid');
    }
  });
});
