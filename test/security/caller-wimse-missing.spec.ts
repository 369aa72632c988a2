import { describeWithOpenssl } from '../support/certificate-authority.js';
import { GATEWAY } from './support/callers.js';
import { expectRefusal, WimseService } from './support/wimse.js';

describeWithOpenssl('a caller without WIT or WPT', () => {
  let wimse: WimseService;
  beforeAll(async () => (wimse = await WimseService.start()));
  afterAll(() => wimse?.close());

  it('R145, R148: identifies the caller when WIT, WPT and token are all present', async () => {
    expect(await wimse.ask()).toMatchObject({ status: 200, body: { caller: GATEWAY } });
    expect(wimse.service.spans.at(-1)).toMatchObject({ caller: GATEWAY });
  });

  it('R144: refuses a Txn-Token without WIT and WPT', async () => {
    expectRefusal(await wimse.ask({ wit: null, wpt: null }), 'caller_missing');
  });

  it('R86, R145: refuses a WIT without a WPT, and a WPT without a WIT', async () => {
    expectRefusal(await wimse.ask({ wpt: null }), 'caller_missing');
    const wit = wimse.workload.wit();
    expectRefusal(await wimse.ask({ wit: null, wpt: wimse.workload.wpt(wit, undefined) }), 'caller_missing');
  });

  it('R144: ignores the client certificate of the connection', async () => {
    const as = wimse.service.authority.workload(GATEWAY);
    expectRefusal(await wimse.ask({ as, wit: null, wpt: null }), 'caller_missing');
  });

  it('R77: still requires the Txn-Token when both are present', async () => {
    expect(await wimse.ask({ token: null })).toMatchObject({ status: 401, body: { code: 'txn_missing' } });
  });
});
