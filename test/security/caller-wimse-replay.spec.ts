import { jest } from '@jest/globals';
import { ReplayStore } from 'nestjs-internal-token';
import { describeWithOpenssl } from '../support/certificate-authority.js';
import { holdTimers } from '../support/held-timers.js';
import { expectRefusal, now, WimseService } from './support/wimse.js';

describeWithOpenssl('replayed WPTs', () => {
  let wimse: WimseService;
  beforeAll(async () => (wimse = await WimseService.start()));
  afterAll(() => wimse?.close());

  it('R145: accepts a WPT once', async () => {
    const token = wimse.service.tokens.token();
    const wit = wimse.workload.wit();
    const wpt = wimse.workload.wpt(wit, token);
    expect(await wimse.ask({ token, wit, wpt })).toMatchObject({ status: 200 });
    expectRefusal(await wimse.ask({ token, wit, wpt }), 'caller_replayed');
  });

  it('R145: accepts one of ten simultaneous uses', async () => {
    const token = wimse.service.tokens.token();
    const wit = wimse.workload.wit();
    const wpt = wimse.workload.wpt(wit, token);
    const answers = await Promise.all(Array.from({ length: 10 }, () => wimse.ask({ token, wit, wpt })));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  it('R145: recognizes a replay by its id, not its text', async () => {
    const jti = 'once';
    expect(await wimse.ask({ proof: { payload: { jti } } })).toMatchObject({ status: 200 });
    expectRefusal(await wimse.ask({ proof: { payload: { jti, exp: now() + 20 } } }), 'caller_replayed');
  });

  it('R145: lets another workload use the same id', async () => {
    const wit = wimse.workload.wit({ payload: { sub: 'wimse://shop.test/orders' } });
    expect(await wimse.ask({ wit, proof: { payload: { jti: 'once' } } })).toMatchObject({ status: 200 });
  });

  it.each([[undefined], [''], [1], ['a'.repeat(129)]])('R145: refuses %j as an id', async (jti) => {
    expectRefusal(await wimse.ask({ proof: { payload: { jti } } }));
  });

  it('R145: does not consume a proof that is refused for another reason', async () => {
    const payload = { jti: 'later' };
    expectRefusal(await wimse.ask({ proof: { payload: { ...payload, aud: 'https://elsewhere.test' } } }));
    expect(await wimse.ask({ proof: { payload } })).toMatchObject({ status: 200 });
  });

  it('R145: admits nobody when the replay store fails', async () => {
    class Broken extends ReplayStore {
      override firstUse(): never {
        throw new Error('away');
      }
    }
    const broken = await WimseService.start({ replayStore: new Broken() });
    try {
      expect(await broken.ask()).toMatchObject({ status: 503, body: { code: 'caller_unavailable' } });
    } finally {
      await broken.close();
    }
  });

  it('R169: waits 250 ms for a store that does not answer, and then refuses', async () => {
    const asked = Promise.withResolvers<void>();
    class Silent extends ReplayStore {
      override firstUse(): Promise<boolean> {
        asked.resolve();
        return new Promise(() => undefined);
      }
    }
    const silent = await WimseService.start({ replayStore: new Silent() });
    holdTimers();
    try {
      const answer = silent.ask();
      await asked.promise;
      jest.advanceTimersByTime(250);
      expect(await answer).toMatchObject({ status: 503, body: { code: 'caller_unavailable' } });
    } finally {
      jest.useRealTimers();
      await silent.close();
    }
  });
});
