import { Forge } from './support/forge.js';

describe('oversized tokens', () => {
  let forge: Forge;
  beforeEach(async () => {
    forge = await Forge.create();
  });

  it('R80: accepts 8192 bytes and refuses one more, even if correctly signed', async () => {
    const without = forge.token({ filler: '' }).length;
    let longest = '';
    for (let filler = Math.floor(((8192 - without) * 3) / 4) - 4; ; filler += 1) {
      const token = forge.token({ filler: 'x'.repeat(filler) });
      if (token.length > 8192) {
        expect(await forge.refusal(token)).toBe('txn_too_large');
        break;
      }
      longest = token;
    }
    expect(longest.length).toBeGreaterThan(8188);
    expect(await forge.accept(longest)).toMatchObject({ userId: 'user-7' });
  });

  it('R80: checks the length first', async () => {
    expect(await forge.refusal('x'.repeat(8193))).toBe('txn_too_large');
    expect(await forge.refusal('.'.repeat(1_000_000))).toBe('txn_too_large');
    expect(await forge.refusal('\u00e9'.repeat(8193))).toBe('txn_too_large');
  });
});
