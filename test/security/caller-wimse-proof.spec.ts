import { createHmac, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { describeWithOpenssl } from '../support/certificate-authority.js';
import { expectRefusal, now, ORIGIN, tokenHashOf, WimseService, Workload } from './support/wimse.js';

describeWithOpenssl('A WPT that proves nothing', () => {
  let wimse: WimseService;
  beforeAll(async () => (wimse = await WimseService.start()));
  afterAll(() => wimse?.close());

  it('R86, R145: signed by somebody else, the issuer included', async () => {
    expectRefusal(await wimse.ask({ proofKey: new Workload().key }));
    expectRefusal(await wimse.ask({ proofKey: wimse.workload.issuerKey }));
  });

  it('R145: signed by a key that it brings along', async () => {
    const thief = new Workload();
    const header = { jwk: thief.publicJwk };
    expectRefusal(await wimse.ask({ proofKey: thief.key, proof: { header } }));
    expectRefusal(await wimse.ask({ proof: { header } }));
  });

  it('R145: a stolen WIT with the key of the thief', async () => {
    const thief = new Workload();
    const token = wimse.service.tokens.token();
    const wit = wimse.workload.wit();
    expectRefusal(await wimse.ask({ token, wit, wpt: thief.wpt(wit, token) }));
  });

  it.each(['none', 'None', 'HS256', 'ES384', 'EdDSA', 'RS256', 'es256', '', undefined])(
    'R145: the algorithm %j, which is not the one that the WIT confirms',
    async (alg) => {
      expectRefusal(await wimse.ask({ proof: { header: { alg } } }));
    },
  );

  it('R145: an HMAC with the public key', async () => {
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

  it('R145: another algorithm under a WIT that confirms it is right', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const jwk = { ...publicKey.export({ format: 'jwk' }), alg: 'EdDSA' };
    const wit = wimse.workload.wit({ payload: { cnf: { jwk } } });
    const proof = { header: { alg: 'EdDSA' } };
    expect(await wimse.ask({ wit, proof, proofKey: privateKey })).toMatchObject({ status: 200 });
    expectRefusal(await wimse.ask({ wit }));
  });

  it.each([
    ['expired', { exp: now() - 60 }],
    ['without an end', { exp: undefined }],
    ['with an end in words', { exp: 'soon' }],
    ['that lives for an hour', { exp: now() + 3600 }],
    ['of later', { nbf: now() + 3600 }],
    ['issued later', { iat: now() + 3600 }],
  ])('R145: one %s', async (_what, payload) => {
    expectRefusal(await wimse.ask({ proof: { payload } }));
  });

  it('R145: of another type', async () => {
    for (const typ of ['wit+jwt', 'dpop+jwt', 'JWT', 'wimse-proof+jwt', undefined]) {
      expectRefusal(await wimse.ask({ proof: { header: { typ } } }));
    }
  });

  it.each(['crit', 'jku', 'x5u', 'x5c', 'b64', 'zip'])('R145: with %s in its header', async (member) => {
    expectRefusal(await wimse.ask({ proof: { header: { [member]: ['a'] } } }));
  });
});
