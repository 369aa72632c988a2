import { Injectable } from '@nestjs/common';
import { type Enrichment, PermissionEnricher } from 'nestjs-internal-token/gateway';
import { jest } from '@jest/globals';
import { EdgeGateway, problemIn } from '../support/edge-gateway.js';
import { HttpUpstream } from '../support/upstream.js';

/** Past the expiry of every token in these tests. */
const AN_HOUR = 3_600_000;
let ahead = 0;

@Injectable()
class SlowEnricher extends PermissionEnricher {
  asked = false;

  override enrich(): Enrichment {
    this.asked = true;
    ahead = AN_HOUR;
    return {};
  }
}

describe('a token that expires during its request', () => {
  beforeEach(() => {
    ahead = 0;
    const { now } = Date;
    jest.spyOn(Date, 'now').mockImplementation(() => now() + ahead);
  });
  afterEach(() => jest.restoreAllMocks());

  it("R59, R113: answers 504 without a challenge when a service refuses the internal token and it has expired by the gateway's clock", async () => {
    const upstream = await HttpUpstream.start((_incoming, response) => {
      ahead = AN_HOUR;
      response.writeHead(401, { 'WWW-Authenticate': 'Txn-Token realm="x", error="invalid_token"' }).end();
    });
    const gateway = await EdgeGateway.start({
      edge: { forwarding: { upstreams: { orders: { origin: upstream.url } } } },
    });
    const response = await gateway.get('/orders', gateway.bearer());
    expect([response.status, problemIn(response)['code']]).toEqual([504, 'upstream_timeout']);
    expect(response.headers['www-authenticate']).toBeUndefined();
    await gateway.close();
    await upstream.stop();
  });

  it('R83: answers 401 with a Bearer challenge, without mentioning internal tokens, when the access token expires before the mint', async () => {
    const gateway = await EdgeGateway.start({ providers: [SlowEnricher] });
    const response = await gateway.get('/orders', gateway.bearer());
    expect([response.status, problemIn(response)['code']]).toEqual([401, 'access_token_invalid']);
    expect(response.headers['www-authenticate']).toMatch(/^Bearer .*error="invalid_token"/);
    expect(response.body).not.toContain('txn_');
    expect(gateway.app.get(SlowEnricher).asked).toBe(true);
    await gateway.close();
  });
});
