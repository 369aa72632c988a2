import { describeWithOpenssl } from '../support/certificate-authority.js';
import { GATEWAY } from './support/callers.js';
import { expectRefusal, WimseService } from './support/wimse.js';

describeWithOpenssl('A caller without WIT or WPT', () => {
  let wimse: WimseService;
  beforeAll(async () => (wimse = await WimseService.start()));
  afterAll(() => wimse?.close());

  it('R145, R148: with both, and a token, it is the caller', async () => {
    expect(await wimse.ask()).toMatchObject({ status: 200, body: { caller: GATEWAY } });
    expect(wimse.service.spans.at(-1)).toMatchObject({ caller: GATEWAY });
  });

  it('R144: a Txn-Token alone is nobody', async () => {
    expectRefusal(await wimse.ask({ wit: null, wpt: null }), 'caller_missing');
  });

  it('R86, R145: one without the other is nobody', async () => {
    expectRefusal(await wimse.ask({ wpt: null }), 'caller_missing');
    const wit = wimse.workload.wit();
    expectRefusal(await wimse.ask({ wit: null, wpt: wimse.workload.wpt(wit, undefined) }), 'caller_missing');
  });

  it('R144: the client certificate of the connection is not asked', async () => {
    const as = wimse.service.authority.workload(GATEWAY);
    expectRefusal(await wimse.ask({ as, wit: null, wpt: null }), 'caller_missing');
  });

  it('R77: and with both, the Txn-Token is still needed', async () => {
    expect(await wimse.ask({ token: null })).toMatchObject({ status: 401, body: { code: 'txn_missing' } });
  });
});
