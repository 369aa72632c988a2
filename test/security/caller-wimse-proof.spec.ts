import { createHmac, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { describeWithOpenssl } from '../support/certificate-authority.js';
import { expectRefusal, now, ORIGIN, tokenHashOf, WimseService, Workload } from './support/wimse.js';

describeWithOpenssl('WPTs that prove nothing', () => {
  let wimse: WimseService;
  beforeAll(async () => (wimse = await WimseService.start()));
  afterAll(() => wimse?.close());

  it('R86, R145: refuses a WPT signed by anyone but the workload, even the issuer', async () => {
    expectRefusal(await wimse.ask({ proofKey: new Workload().key }));
    expectRefusal(await wimse.ask({ proofKey: wimse.workload.issuerKey }));
  });

  it('R145: refuses a WPT signed by a key it supplies itself', async () => {
    const thief = new Workload();
    const header = { jwk: thief.publicJwk };
    expectRefusal(await wimse.ask({ proofKey: thief.key, proof: { header } }));
    expectRefusal(await wimse.ask({ proof: { header } }));
  });

  it("R145: refuses a stolen WIT with the thief's key", async () => {
    const thief = new Workload();
    const token = wimse.service.tokens.token();
    const wit = wimse.workload.wit();
    expectRefusal(await wimse.ask({ token, wit, wpt: thief.wpt(wit, token) }));
  });

  it.each(['none', 'None', 'HS256', 'ES384', 'EdDSA', 'RS256', 'es256', '', undefined])(
    'R145: refuses the algorithm %j, which the WIT does not confirm',
    async (alg) => {
      expectRefusal(await wimse.ask({ proof: { header: { alg } } }));
    },
  );

  it('R145: refuses an HMAC keyed with the public key', async () => {
    const token = wimse.service.tokens.token();
    const wit = wimse.workload.wit();
    const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
    const claims = {
      aud: `${ORIGIN}/stock`,
      exp: now() + 30,
      jti: 'a',
      wth: tokenHashOf(wit),
      tth: tokenHashOf(token),
    };
    const text = `${encode({ typ: 'wpt+jwt', alg: 'HS256' })}.${encode(claims)}`;
    const publicKey = createPublicKey(wimse.workload.key).export({ type: 'spki', format: 'pem' });
    for (const secret of [publicKey, JSON.stringify(wimse.workload.publicJwk)]) {
      const wpt = `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
      expectRefusal(await wimse.ask({ token, wit, wpt }));
    }
  });

  it('R145: accepts another algorithm that the WIT confirms', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const jwk = { ...publicKey.export({ format: 'jwk' }), alg: 'EdDSA' };
    const wit = wimse.workload.wit({ payload: { cnf: { jwk } } });
    const proof = { header: { alg: 'EdDSA' } };
    expect(await wimse.ask({ wit, proof, proofKey: privateKey })).toMatchObject({ status: 200 });
    expectRefusal(await wimse.ask({ wit }));
  });

  it.each([
    ['expired', { exp: now() - 60 }],
    ['without exp', { exp: undefined }],
    ['with exp as words', { exp: 'soon' }],
    ['that lives for an hour', { exp: now() + 3600 }],
    ['that is not valid yet', { nbf: now() + 3600 }],
    ['issued in the future', { iat: now() + 3600 }],
  ])('R145: refuses a WPT %s', async (_what, payload) => {
    expectRefusal(await wimse.ask({ proof: { payload } }));
  });

  it('R145: refuses a WPT of another type', async () => {
    for (const typ of ['wit+jwt', 'dpop+jwt', 'JWT', 'wimse-proof+jwt', undefined]) {
      expectRefusal(await wimse.ask({ proof: { header: { typ } } }));
    }
  });

  it.each(['crit', 'jku', 'x5u', 'x5c', 'b64', 'zip'])('R145: refuses a WPT with %s in its header', async (member) => {
    expectRefusal(await wimse.ask({ proof: { header: { [member]: ['a'] } } }));
  });
});
