import { base64url, Forge } from './support/forge.js';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** The same bytes to a lenient decoder: the last character's unused bits are set. */
function otherText(part: string): string | undefined {
  if (part.length % 4 === 0) return undefined;
  return part.slice(0, -1) + ALPHABET.charAt(ALPHABET.indexOf(part.slice(-1)) + 1);
}

describe('other texts for the same token', () => {
  let forge: Forge;
  let token: string;
  beforeEach(async () => {
    forge = await Forge.create();
    token = forge.token();
  });

  it('R61, R72: refuses unused bits in any part', async () => {
    // Header texts of three lengths, to cover each kind of ending.
    for (const foo of ['', 'x', 'xx']) {
      const parts = forge.token({ foo }, { foo }).split('.');
      await forge.accept(parts.join('.'));
      for (const [index, part] of parts.entries()) {
        const other = otherText(part);
        if (other === undefined) continue;
        expect(Buffer.from(other, 'base64url')).toEqual(Buffer.from(part, 'base64url'));
        expect(await forge.refusal(parts.with(index, other).join('.'))).toBe('txn_malformed');
      }
    }
  });

  it('R72: refuses a lone last character, padding, and the plain base64 alphabet', async () => {
    const [header = '', payload = '', signature = ''] = token.split('.');
    for (const changed of [
      `${token}A`.replace(/A$/, 'AAA'),
      `${header}=.${payload}.${signature}`,
      `${header}.${payload}==.${signature}`,
      `${token}=`,
      `${token}==`,
      `${header}.${payload}.+${signature.slice(1)}`,
      `${header}.${payload}./${signature.slice(1)}`,
    ]) {
      expect(await forge.refusal(changed)).toBe('txn_malformed');
    }
  });

  it.each([' ', '\t', '\n', '\r', '\r\n', '\u00a0', '\ufeff', '\u0000', '"', "'", '{', '}', '%', ';', ','])(
    'R72: refuses %j before, after and anywhere within',
    async (extra) => {
      const middle = token.indexOf('.') + 5;
      for (const changed of [
        extra + token,
        token + extra,
        token.slice(0, middle) + extra + token.slice(middle),
        token.replace('.', `${extra}.`),
        token.replace('.', `.${extra}`),
      ]) {
        expect(await forge.refusal(changed)).toBe('txn_malformed');
      }
    },
  );

  it('R73: refuses a leading scheme', async () => {
    for (const prefix of ['Bearer ', 'bearer ', 'Txn-Token ', 'DPoP ']) {
      expect(await forge.refusal(prefix + token)).toBe('txn_malformed');
    }
  });

  it('R72: refuses invalid UTF-8, UTF-16, and a byte order mark', async () => {
    const latin1 = Buffer.from(forge.payload({ sub: 'us\u00e9r' }), 'latin1');
    const overlong = Buffer.concat([
      Buffer.from(forge.payload().slice(0, -1)),
      Buffer.from([0xc0, 0xaf]),
      Buffer.from('}'),
    ]);
    for (const payload of [latin1, overlong, Buffer.from(forge.payload(), 'utf16le'), `\ufeff${forge.payload()}`]) {
      expect(await forge.refusal(forge.signed(forge.header(), payload))).toBe('txn_malformed');
    }
    expect(await forge.refusal(forge.signed(`\ufeff${forge.header()}`, forge.payload()))).toBe('txn_malformed');
    expect(await forge.accept(forge.token({ sub: 'us\u00e9r \u{1f600}' }))).toMatchObject({
      userId: 'us\u00e9r \u{1f600}',
    });
  });

  it('R61: refuses an equivalent JSON text under the old signature', async () => {
    const [header = '', payload = '', signature = ''] = token.split('.');
    const spaced = base64url(` ${Buffer.from(payload, 'base64url').toString()}`);
    expect(await forge.refusal(`${header}.${spaced}.${signature}`)).toBe('txn_signature');
  });
});
