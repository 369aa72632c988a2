import { generateKeyPairSync } from 'node:crypto';
import { describeWithOpenssl } from '../support/certificate-authority.js';
import { GATEWAY } from './support/callers.js';
import { expectRefusal, jwt, now, WimseService, Workload } from './support/wimse.js';

describeWithOpenssl('invalid WITs', () => {
  let wimse: WimseService;
  beforeAll(async () => (wimse = await WimseService.start()));
  afterAll(() => wimse?.close());

  it('R145: refuses a WIT from another issuer, under its own kid and under ours', async () => {
    const other = new Workload();
    for (const wit of [other.wit(), wimse.workload.wit({ header: { kid: 'issuer-2' } }, other.issuerKey)]) {
      expectRefusal(await wimse.ask({ wit, wpt: other.wpt(wit, undefined) }));
      expectRefusal(await wimse.ask({ wit }));
    }
    expectRefusal(await wimse.ask({ wit: wimse.workload.wit({ payload: { iss: 'https://other.test' } }) }));
    expectRefusal(await wimse.ask({ wit: wimse.workload.wit({ payload: { iss: undefined } }) }));
  });

  it('R145: refuses a WIT signed by its own workload', async () => {
    expectRefusal(await wimse.ask({ wit: wimse.workload.wit({}, wimse.workload.key) }));
  });

  it.each([
    ['expired', { exp: now() - 60 }],
    ['without exp', { exp: undefined }],
    ['with exp as words', { exp: '2099-01-01' }],
    ['that lives for a year', { exp: now() + 365 * 86_400 }],
    ['that is not valid until tomorrow', { nbf: now() + 3600 }],
    ['that is not valid yet', { iat: now() + 3600 }],
    ['of another trust domain', { sub: 'spiffe://evil.test/gateway' }],
    ['of a subdomain', { sub: 'spiffe://a.shop.test/gateway' }],
    ['without a subject', { sub: undefined }],
    ['whose subject is a list', { sub: [GATEWAY] }],
    ['whose subject is not a workload', { sub: 'gateway' }],
    ['without a key', { cnf: undefined }],
    ['with an empty cnf', { cnf: {} }],
    ['with only a key thumbprint', { cnf: { jkt: 'a' } }],
    ['with a symmetric key', { cnf: { jwk: { kty: 'oct', k: 'c2VjcmV0', alg: 'HS256' } } }],
  ])('R145: refuses a WIT %s', async (_what, payload) => {
    expectRefusal(await wimse.ask({ wit: wimse.workload.wit({ payload }) }));
  });

  it("R145: refuses a WIT whose cnf key has no algorithm, includes the private half, or is the issuer's", async () => {
    const { alg, ...bare } = wimse.workload.publicJwk;
    const secret = { ...wimse.workload.key.export({ format: 'jwk' }), alg };
    for (const jwk of [bare, secret, { ...bare, alg: 'none' }, { ...bare, alg: 'EdDSA' }]) {
      expectRefusal(await wimse.ask({ wit: wimse.workload.wit({ payload: { cnf: { jwk } } }) }));
    }
    const { issuerKey } = wimse.workload;
    const { d: _d, ...issuers } = issuerKey.export({ format: 'jwk' });
    const wit = wimse.workload.wit({ payload: { cnf: { jwk: { ...issuers, alg: 'ES256' } } } });
    expectRefusal(await wimse.ask({ wit, proofKey: issuerKey }));
  });

  it('R65, R145: refuses tokens of other types, even if correctly signed', async () => {
    for (const typ of ['JWT', 'at+jwt', 'wpt+jwt', 'txntoken+jwt', '', undefined]) {
      expectRefusal(await wimse.ask({ wit: wimse.workload.wit({ header: { typ } }) }));
    }
    expectRefusal(await wimse.ask({ wit: wimse.service.tokens.token() }));
    const typ = 'application/WIT+JWT';
    expect(await wimse.ask({ wit: wimse.workload.wit({ header: { typ } }) })).toMatchObject({ status: 200 });
  });

  it('R65: refuses a WIT as a Txn-Token', async () => {
    const wit = wimse.workload.wit();
    expect((await wimse.ask({ wit, token: wit })).body.code).toMatch(/^txn_/);
  });

  it('R145: refuses a WIT that was accepted before and has expired since', async () => {
    const wit = wimse.workload.wit({ payload: { exp: now() + 30 } });
    expect(await wimse.ask({ wit })).toMatchObject({ status: 200 });
    const { now: clock } = Date;
    const ahead = () => clock() + 60_000;
    Date.now = ahead;
    try {
      expectRefusal(await wimse.ask({ wit }));
    } finally {
      Date.now = clock;
    }
  });

  it("R88: admits nobody without the issuer's keys", async () => {
    const keys = { description: 'nowhere', load: () => Promise.reject(new Error('away')) };
    const waiting = await WimseService.start({ keys: { source: keys } });
    try {
      expect(await waiting.ask()).toMatchObject({ status: 503, body: { code: 'caller_unavailable' } });
    } finally {
      await waiting.close();
    }
  });

  it('R145: refuses garbage', async () => {
    const { privateKey } = generateKeyPairSync('ed25519');
    for (const wit of ['a', 'a.b.c', '..', jwt({}, {}, privateKey), 'x'.repeat(9000)]) {
      expectRefusal(await wimse.ask({ wit }));
      expectRefusal(await wimse.ask({ wpt: wit }));
    }
  });
});
