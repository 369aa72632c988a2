import { describeWithOpenssl } from '../support/certificate-authority.js';
import { expectRefusal, WimseService } from './support/wimse.js';

describeWithOpenssl('duplicate WITs and WPTs', () => {
  let wimse: WimseService;
  beforeAll(async () => (wimse = await WimseService.start()));
  afterAll(() => wimse?.close());

  it('R145: refuses two headers, even if equal', async () => {
    const token = wimse.service.tokens.token();
    const wit = wimse.workload.wit();
    const wpt = wimse.workload.wpt(wit, token);
    expectRefusal(await wimse.ask({ token, wit: [wit, wit], wpt }));
    expectRefusal(await wimse.ask({ token, wit, wpt: [wpt, wpt] }));
    expectRefusal(await wimse.ask({ token, wit, wpt: [wpt, wimse.workload.wpt(wit, token)] }));
    expect(await wimse.ask({ token, wit, wpt })).toMatchObject({ status: 200 });
  });

  it.each([', ', ',', ' '])('R145: refuses one header with two values joined by %j', async (comma) => {
    const token = wimse.service.tokens.token();
    const wit = wimse.workload.wit();
    const wpt = wimse.workload.wpt(wit, token);
    expectRefusal(await wimse.ask({ token, wit: `${wit}${comma}${wit}`, wpt }));
    expectRefusal(await wimse.ask({ token, wit, wpt: `${wpt}${comma}${wpt}` }));
  });

  it('R145, R74: refuses two Txn-Tokens, even with a proof for one of them', async () => {
    const [one, other] = [wimse.service.tokens.token(), wimse.service.tokens.token()];
    const wit = wimse.workload.wit();
    const wpt = wimse.workload.wpt(wit, one);
    expectRefusal(await wimse.ask({ wit, wpt, token: null, headers: { 'Txn-Token': [one, other] } }));
  });
});
