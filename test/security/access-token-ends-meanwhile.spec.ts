import { Injectable } from '@nestjs/common';
import { type Enrichment, PermissionEnricher } from 'nestjs-internal-token/edge';
import { setTimeout as delay } from 'node:timers/promises';
import { EdgeGateway, problemIn } from '../support/edge-gateway.js';
import { HttpUpstream, valuesOf } from '../support/upstream.js';

const nextSecondOf = (seconds: number): Promise<void> => delay(seconds * 1000 - Date.now() + 50);
const soon = (): number => Math.floor(Date.now() / 1000) + 2;

@Injectable()
class SlowEnricher extends PermissionEnricher {
  exp = 0;
  asked = false;

  override async enrich(): Promise<Enrichment> {
    this.asked = true;
    await nextSecondOf(this.exp);
    return {};
  }
}

describe('a token that ends while its request is on the way', () => {
  it('R59, R113: the internal one, as the service says and the gateway’s clock agrees: 504, and no challenge', async () => {
    const upstream = await HttpUpstream.start((incoming, response) => {
      const [token = ''] = valuesOf(incoming.rawHeaders, 'txn-token');
      const { exp } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { exp: number };
      void nextSecondOf(exp).then(() =>
        response.writeHead(401, { 'WWW-Authenticate': 'Txn-Token realm="x", error="invalid_token"' }).end(),
      );
    });
    const gateway = await EdgeGateway.start({
      edge: { upstreams: { orders: upstream.url }, minimumRemainingSeconds: 0 },
    });
    const response = await gateway.get('/orders', gateway.bearer({ exp: soon() }));
    expect([response.status, problemIn(response)['code']]).toEqual([504, 'upstream_timeout']);
    expect(response.headers['www-authenticate']).toBeUndefined();
    await gateway.close();
    await upstream.stop();
  });

  it('R83: the access token itself, before the mint: 401 with its challenge, and not a word of internal tokens', async () => {
    const providers = [SlowEnricher];
    const gateway = await EdgeGateway.start({
      providers,
      edge: { enrichmentTimeoutMs: 5_000, minimumRemainingSeconds: 0 },
    });
    const enricher = gateway.app.get(SlowEnricher);
    const exp = (enricher.exp = soon());
    const response = await gateway.get('/orders', gateway.bearer({ exp }));
    expect([response.status, problemIn(response)['code']]).toEqual([401, 'access_token_invalid']);
    expect(response.headers['www-authenticate']).toMatch(/^Bearer .*error="invalid_token"/);
    expect(response.body).not.toContain('txn_');
    expect(enricher.asked).toBe(true);
    await gateway.close();
  });
});
