import { base64url, Forge } from './support/forge.js';

describe('other serializations', () => {
  let forge: Forge;
  let parts: string[];
  beforeEach(async () => {
    forge = await Forge.create();
    parts = forge.token().split('.');
  });

  it('R72: refuses JWE, nested and truncated tokens', async () => {
    const [header = '', payload = '', signature = ''] = parts;
    const jwe = base64url(JSON.stringify({ alg: 'ECDH-ES', enc: 'A256GCM', typ: 'txntoken+jwt' }));
    for (const token of [
      `${jwe}..${payload}.${payload}.${signature}`,
      `${jwe}.AAAA.AAAA.AAAA.AAAA`,
      header,
      `${header}.${payload}`,
      `${header}.${payload}.${signature}.`,
      `.${header}.${payload}.${signature}`,
      `${header}..${signature}`,
      `.${payload}.${signature}`,
      '..',
      '.',
      '',
    ]) {
      expect(await forge.refusal(token)).toBe('txn_malformed');
    }
  });

  it('R72: refuses general and flattened JSON serialization, and texts that are both', async () => {
    const [header = '', payload = '', signature = ''] = parts;
    const flattened = JSON.stringify({ protected: header, payload, signature });
    for (const token of [
      flattened,
      JSON.stringify({ payload, signatures: [{ protected: header, signature }] }),
      JSON.stringify(parts.join('.')),
      `${flattened}.${payload}.${signature}`,
      `{"a":"${parts.join('.')}"}`,
    ]) {
      expect(await forge.refusal(token)).toBe('txn_malformed');
    }
  });

  it('R72: refuses thousands of dots cheaply', async () => {
    expect(await forge.refusal('.'.repeat(8000))).toBe('txn_malformed');
    expect(await forge.refusal('a.'.repeat(4000))).toBe('txn_malformed');
  });

  it.each(['null', 'true', '7', '"text"', '[]', '[{}]', '{', '{}{}', "{'a':1}", '{"a":1,}', 'NaN', ''])(
    'R72: refuses the part %j',
    async (text) => {
      const asPayload = forge.signed(forge.header(), text);
      const asHeader = forge.signed(text, forge.payload());
      expect(await forge.refusal(asPayload)).toBe('txn_malformed');
      expect(await forge.refusal(asHeader)).toBe('txn_malformed');
    },
  );

  it('R75: refuses an empty object with its own code', async () => {
    expect(await forge.refusal(forge.signed('{}', forge.payload()))).toBe('txn_type');
    expect(await forge.refusal(forge.signed(forge.header(), '{}'))).toBe('txn_issuer');
  });

  it('survives deep nesting and long numbers', async () => {
    const deep = forge.payload().replace('{', `{"x":${'['.repeat(2500)}${']'.repeat(2500)},`);
    const long = forge.payload().replace('{', `{"x":${'7'.repeat(2000)},`);
    expect(await forge.accept(forge.signed(forge.header(), deep))).toMatchObject({ userId: 'user-7' });
    expect(await forge.accept(forge.signed(forge.header(), long))).toMatchObject({ userId: 'user-7' });
    const open = forge.payload().replace('{', `{"x":${'['.repeat(5000)},`);
    expect(await forge.refusal(forge.signed(forge.header(), open))).toBe('txn_malformed');
  });
});
