import { EdgeGateway, seenIn } from '../support/edge-gateway.js';
import { EdgePolicy, type EdgeRequest, Forwarder } from 'nestjs-internal-token/gateway';

class SeenAddresses extends EdgePolicy {
  readonly addresses: string[] = [];

  check({ clientAddress }: EdgeRequest): void {
    this.addresses.push(clientAddress);
  }
}

/** Answers with the payload of the token that it would have sent. */
class PayloadForwarder extends Forwarder {
  async forward({ response }: EdgeRequest, token: () => string | Promise<string>): Promise<void> {
    const [, payload = ''] = (await token()).split('.');
    response.end(Buffer.from(payload, 'base64url'));
  }
}

async function start(trustedProxies: readonly string[]): Promise<{ gateway: EdgeGateway; policy: SeenAddresses }> {
  const gateway = await EdgeGateway.start({ edge: { headers: { trustedProxies } }, providers: [SeenAddresses] });
  return { gateway, policy: gateway.app.get(SeenAddresses) };
}

describe('a client that forges its address', () => {
  it('R46: neither believes nor passes on forwarding headers from an unknown peer', async () => {
    const { gateway, policy } = await start(['10.0.0.0/8', 'fd00::/8']);
    const lines = ['X-Forwarded-For: 203.0.113.9', 'Forwarded: for=203.0.113.9', 'X-Real-IP: 203.0.113.9'];
    const seen = seenIn(await gateway.get('/catalog/items', ...lines));
    expect(policy.addresses).toEqual(['127.0.0.1']);
    expect(JSON.stringify(seen)).not.toContain('203.0.113.9');
    await gateway.close();
  });

  it('R46: behind a configured proxy, uses the last address that is not a proxy of ours', async () => {
    const { gateway, policy } = await start(['127.0.0.1', '10.0.0.0/8']);
    for (const value of [
      '6.6.6.6, 203.0.113.9',
      '6.6.6.6, 203.0.113.9, 10.1.2.3',
      'rubbish, 203.0.113.9:4711, 10.1.2.3, 10.9.9.9',
      '203.0.113.9',
    ]) {
      await gateway.get('/catalog/items', `X-Forwarded-For: ${value}`);
    }
    await gateway.get('/catalog/items', 'X-Forwarded-For: 6.6.6.6', 'X-Forwarded-For: 203.0.113.9');
    expect(policy.addresses).toEqual(Array.from({ length: 5 }, () => '203.0.113.9'));
    await gateway.close();
  });

  it('R46: stops at the first entry that is not an address', async () => {
    const { gateway, policy } = await start(['127.0.0.1', '10.0.0.0/8']);
    await gateway.get('/catalog/items', 'X-Forwarded-For: 6.6.6.6, unknown, 10.1.2.3');
    await gateway.get('/catalog/items', 'X-Forwarded-For: unknown');
    await gateway.get('/catalog/items', 'X_Forwarded_For: 6.6.6.6');
    await gateway.get('/catalog/items', 'X-Real-IP: 6.6.6.6');
    expect(policy.addresses).toEqual(['10.1.2.3', '127.0.0.1', '127.0.0.1', '127.0.0.1']);
    await gateway.close();
  });

  it('R46: puts the determined address into the token', async () => {
    const gateway = await EdgeGateway.start({
      edge: {
        headers: { trustedProxies: ['127.0.0.1'] },
        forwarding: { upstreams: { catalog: { origin: 'http://127.0.0.1:9' } } },
      },
      providers: [PayloadForwarder],
    });
    const response = await gateway.get('/catalog/items', 'X-Forwarded-For: 6.6.6.6, 203.0.113.9');
    expect(JSON.parse(response.body)).toMatchObject({ rctx: { req_ip: '203.0.113.9' } });
    await gateway.close();
  });

  it.each([['10.0.0.0/33'], ['10.0.0'], ['::1/129'], ['proxy.example'], ['10.0.0.0/8/8'], ['']])(
    'R46: fails to start with the address block %j',
    async (block) => {
      await expect(EdgeGateway.start({ edge: { headers: { trustedProxies: [block] } } })).rejects.toThrow(
        /trustedProxies/,
      );
    },
  );
});
