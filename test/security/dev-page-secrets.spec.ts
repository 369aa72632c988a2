import { Logger } from '@nestjs/common';
import { TestTokenIssuer } from 'nestjs-internal-token/testing';
import type { KeyReport, TokenInspection } from '../../libs/itok/src/trace/index.js';
import { DevGateway } from '../support/dev-gateway.js';

describe('dev page: what it reveals', () => {
  let dev: DevGateway;
  const logged: string[] = [];
  beforeAll(async () => {
    dev = await DevGateway.start();
    Logger.overrideLogger({
      log: (...line: unknown[]) => logged.push(line.join(' ')),
      warn: (...line: unknown[]) => logged.push(line.join(' ')),
      error: (...line: unknown[]) => logged.push(line.join(' ')),
    });
  });
  afterAll(async () => {
    Logger.overrideLogger(false);
    await dev.close();
  });

  const inspected = async (token: string): Promise<TokenInspection & { readonly text: string }> => {
    const { body } = await dev.inspect(token);
    return { ...(JSON.parse(body) as TokenInspection), text: body };
  };

  it("shows a key's id, algorithm, state and times only", async () => {
    const keys = JSON.parse((await dev.get('/__dev/keys')).body) as KeyReport[];
    expect(keys).toHaveLength(1);
    const known = ['activateAt', 'algorithm', 'keyId', 'publishedAt', 'retiredAt', 'state'];
    for (const key of keys) expect(known).toEqual(expect.arrayContaining(Object.keys(key)));
    expect(keys[0]).toMatchObject({ algorithm: 'ES256', state: 'active' });
  });

  it('shows the claims of a valid token, never the token', async () => {
    const token = await dev.gateway.internalToken();
    const { text, ...inspection } = await inspected(`\n ${token} `);
    expect(inspection).toMatchObject({
      valid: true,
      header: { typ: 'txntoken+jwt', alg: 'ES256' },
      claims: { sub: 'root', aud: 'shop.test' },
      keyState: 'active',
    });
    for (const part of token.split('.')) expect(text).not.toContain(part);
  });

  it('shows why a token is refused, in the words of the error table, and what could be read', async () => {
    const tokens = new TestTokenIssuer({ trustDomain: 'shop.test' });
    const { text, ...forged } = await inspected(tokens.token({ userId: 'mallory' }));
    expect(forged).toMatchObject({
      valid: false,
      code: 'txn_key_unknown',
      reason: expect.stringContaining('The key of the internal token is unknown.') as string,
      claims: { sub: 'mallory' },
    });
    expect(text).not.toContain('eyJ');
    expect(forged.keyState).toBeUndefined();
  });

  it.each([
    ['', 'txn_malformed'],
    ['not-a-token', 'txn_malformed'],
    ['a.b.c', 'txn_malformed'],
    ['x'.repeat(20_000), 'txn_too_large'],
    [`${'e30'}.${'e30'}.AAAA`, 'txn_type'],
  ])('says of other input only that it is not a token', async (token, code) => {
    expect(await inspected(token)).toMatchObject({ valid: false, code });
  });

  it('shows a hostile token as bounded, plain data', async () => {
    const encode = (text: string) => Buffer.from(text).toString('base64url');
    const deep = `{"typ":"x","deep":${'['.repeat(2_000)}${']'.repeat(2_000)}}`;
    const wide = `{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"long":"${'y'.repeat(5_000)}"}`;
    const { text, header, claims } = await inspected(`${encode(deep)}.${encode(wide)}.AAAA`);
    expect(text.length).toBeLessThan(4_000);
    expect(JSON.stringify(header)).toMatch(/"deep":\[{7}".{1,3}"\]{7}/);
    expect(Object.keys(claims ?? {})).toEqual(['__proto__', 'constructor', 'long']);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  it('logs no line, id or token for an inspection', async () => {
    logged.length = 0;
    const token = await dev.gateway.internalToken();
    for (const answer of [await dev.inspect(token), await dev.get('/__dev/keys'), await dev.get('/__dev')]) {
      expect(answer.status).toBe(200);
      expect(answer.headers['x-request-id']).toBeUndefined();
    }
    expect(logged).toEqual([]);
  });
});
