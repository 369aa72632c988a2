import { describeWithOpenssl } from '../support/certificate-authority.js';
import { expectRefusal, ORIGIN, tokenHashOf, WimseService } from './support/wimse.js';

describeWithOpenssl('a WPT made for another request', () => {
  let wimse: WimseService;
  beforeAll(async () => (wimse = await WimseService.start()));
  afterAll(() => wimse?.close());

  it('R145: refuses a WPT made for another Txn-Token', async () => {
    expectRefusal(await wimse.ask({ proof: { payload: { tth: tokenHashOf(wimse.service.tokens.token()) } } }));
  });

  it.each([
    ['no tth', { tth: undefined }],
    ['an empty tth', { tth: '' }],
    ['a tth that is not a string', { tth: 1 }],
    ['no wth', { wth: undefined }],
    ['another wth', { wth: tokenHashOf('another') }],
    ['an ath without an access token', { ath: tokenHashOf('a') }],
    ['an oth for a header that is missing', { oth: { 'x-other': tokenHashOf('a') } }],
    ['an oth that is not an object', { oth: [tokenHashOf('a')] }],
  ])('R145: refuses a WPT with %s', async (_what, payload) => {
    expectRefusal(await wimse.ask({ proof: { payload } }));
  });

  it('R145: refuses a tth when there is no Txn-Token', async () => {
    expectRefusal(await wimse.ask({ token: null, proof: { payload: { tth: tokenHashOf('a') } } }));
  });

  it.each([
    ['another path', `${ORIGIN}/reserved`],
    ['a path that only starts with it', `${ORIGIN}/stock/`],
    ['another host', 'https://orders.internal:3002/stock'],
    ['another port', 'https://inventory.internal/stock'],
    ['another scheme', 'http://inventory.internal:3002/stock'],
    ['the host alone', ORIGIN],
    ['a list', [`${ORIGIN}/stock`]],
    ['nothing', undefined],
  ])('R145: refuses a WPT whose audience is %s', async (_what, aud) => {
    expectRefusal(await wimse.ask({ proof: { payload: { aud } } }));
  });

  it('R145: compares with the configured address and ignores the Host header', async () => {
    const headers = { Host: 'orders.internal:3002', 'X-Forwarded-Host': 'orders.internal:3002' };
    const aud = 'https://orders.internal:3002/stock';
    expectRefusal(await wimse.ask({ headers, proof: { payload: { aud } } }));
    expect(await wimse.ask({ headers })).toMatchObject({ status: 200 });
  });

  it('R145: ignores the query', async () => {
    expect(await wimse.ask({ path: '/stock?item=1' })).toMatchObject({ status: 200 });
  });

  it('R145: binds an access token and other tokens when they are present', async () => {
    const headers = { Authorization: 'Bearer abc', 'X-Other': ' other ' };
    const [ath, other] = [tokenHashOf('abc'), tokenHashOf('other')];
    expectRefusal(await wimse.ask({ headers }));
    expectRefusal(await wimse.ask({ headers, proof: { payload: { ath: other } } }));
    expectRefusal(await wimse.ask({ headers, proof: { payload: { ath, oth: { 'x-other': ath } } } }));
    const proof = { payload: { ath, oth: { 'x-other': other } } };
    expect(await wimse.ask({ headers, proof })).toMatchObject({ status: 200 });
  });
});
