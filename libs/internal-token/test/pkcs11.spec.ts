import { jest } from '@jest/globals';
import { InternalTokenVerifier, KeyStore, staticSource, type JsonWebKeySet } from '../src/core/index.js';
import { type HsmGateway, missingHsm, PIN, SoftHsm } from '../../../test/support/hsm/soft-hsm.js';

// Starts processes.
jest.setTimeout(300_000);

const missing = missingHsm();
if (missing !== undefined) {
  if (process.env['REQUIRE_SERVICES'] === '1') throw new Error(missing);
  process.stderr.write(`\n!!! Signing in an HSM is NOT tested: ${missing}\n\n`);
}

(missing === undefined ? describe : describe.skip)('Signing in an HSM (SoftHSM, over PKCS#11)', () => {
  let hsm: SoftHsm;
  let gateway: HsmGateway;
  beforeAll(async () => {
    hsm = new SoftHsm();
    const operator = hsm.gateway();
    await operator.ask('makeKey', { label: 'ec-1', type: 'EC' });
    await operator.ask('makeKey', { label: 'ec-2', type: 'EC' });
    await operator.ask('makeKey', { label: 'rsa', type: 'RSA' });
    await operator.ask('makeKey', { label: 'p384', type: 'EC384' });
    await operator.ask('makeKey', { label: 'twice', type: 'EC' });
    await operator.ask('makeKey', { label: 'twice', type: 'EC' });
    await operator.stop();
  });
  afterAll(() => hsm.remove());
  beforeEach(() => (gateway = hsm.gateway()));
  afterEach(() => gateway.stop());

  const verifier = async (): Promise<InternalTokenVerifier> => {
    const keys = new KeyStore({ source: staticSource(await gateway.ask<JsonWebKeySet>('jwks')) });
    await keys.start();
    return new InternalTokenVerifier({
      trustDomain: 'shop',
      issuer: 'api_gateway',
      algorithms: ['ES256', 'RS256'],
      keys,
    });
  };
  const kidOf = (token = '') =>
    (JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()) as { kid: string }).kid;

  it.each([
    ['ES256', 'ec-1'],
    ['RS256', 'rsa'],
  ])('R8a: signs %s asynchronously, several at a time, and verifiers accept it', async (algorithm, label) => {
    await gateway.ask('open', { keys: [{ label, state: 'active' }] });
    expect(await gateway.ask('asynchronous')).toBe(true);
    const tokens = await gateway.ask<string[]>('mint', 20);
    const accepting = await verifier();
    for (const token of tokens) expect(accepting.verify(token)).toMatchObject({ userId: 'ada' });
    expect((await gateway.ask<JsonWebKeySet>('jwks')).keys).toEqual([
      expect.objectContaining({ alg: algorithm, use: 'sig', kid: kidOf(tokens[0]) }),
    ]);
  });

  it('R104: changes from one key to the next without a restart, publishing both', async () => {
    await gateway.ask('open', { keys: [{ label: 'ec-1', state: 'active' }] });
    const [before = ''] = await gateway.ask<string[]>('mint', 1);
    await gateway.ask('change', [
      { label: 'ec-1', state: 'retiring' },
      { label: 'ec-2', state: 'active' },
    ]);
    const [after = ''] = await gateway.ask<string[]>('mint', 1);
    expect(kidOf(after)).not.toBe(kidOf(before));
    const accepting = await verifier();
    for (const token of [before, after]) expect(accepting.verify(token)).toMatchObject({ userId: 'ada' });
  });

  it('reconnects to an HSM that has lost its sessions', async () => {
    await gateway.ask('open', { keys: [{ label: 'ec-1', state: 'active' }] });
    await gateway.ask('mint', 3);
    await gateway.ask('loseSessions');
    const tokens = await gateway.ask<string[]>('mint', 8);
    const accepting = await verifier();
    for (const token of tokens) expect(accepting.verify(token)).toMatchObject({ userId: 'ada' });
  });

  it.each([
    ['a token that does not exist', { token: 'other', keys: [{ label: 'ec-1', state: 'active' }] }, 'no token "other"'],
    [
      'a file that is not a library',
      { library: '/etc/hostname', keys: [{ label: 'ec-1', state: 'active' }] },
      'not a PKCS#11 library',
    ],
    ['a wrong PIN', { pin: '00000000', keys: [{ label: 'ec-1', state: 'active' }] }, 'CKR_PIN_INCORRECT'],
    ['a key that does not exist', { keys: [{ label: 'none', state: 'active' }] }, 'no public key "none"'],
    ['two keys with the same label', { keys: [{ label: 'twice', state: 'active' }] }, 'more than one key "twice"'],
    ['an unsupported curve', { keys: [{ label: 'p384', state: 'active' }] }, 'P-256'],
    ['no active key', { keys: [{ label: 'ec-1', state: 'published' }] }, 'is active'],
  ])('refuses to start with %s', async (_name, given, said) => {
    const refusal = await gateway.ask('open', given).then(
      () => 'it started',
      (error: Error) => error.message,
    );
    expect(refusal).toContain('configuration_invalid');
    expect(refusal).toContain(said);
    expect(refusal).not.toContain(PIN);
  });

  it('R111: printing the application shows neither the PIN nor a key', async () => {
    await gateway.ask('open', { keys: [{ label: 'ec-1', state: 'active' }] });
    await gateway.ask('mint', 1);
    const printed = await gateway.ask<string>('inspect');
    expect(printed).toContain('KeyRing');
    expect(printed).not.toContain(PIN);
  });
});
