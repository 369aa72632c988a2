import { generateKeyPairSync, sign } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import {
  EdgePolicy,
  type EdgeRequest,
  Forwarder,
  type IssuanceRecord,
  IssuanceSink,
  type Signer,
} from 'nestjs-internal-token/gateway';
import { EdgeGateway, problemIn, seenIn } from '../support/edge-gateway.js';
import { createSigner } from '../../libs/internal-token/src/core/index.js';

/** The test's own forwarder answers; nothing connects to this address. */
const NOWHERE = { upstreams: { orders: { origin: 'http://127.0.0.1:9' } } };

/** Calls several services at once, one of them twice, and keeps what each was sent. */
@Injectable()
class FanOut extends Forwarder {
  readonly sent: string[] = [];

  async forward({ response }: EdgeRequest, token: () => string | Promise<string>): Promise<void> {
    const first = await Promise.all([token(), token(), token()]);
    const again = await token();
    this.sent.push(...first, again);
    response.end('{}');
  }
}

@Injectable()
class Failing extends Forwarder {
  forward(): Promise<void> {
    return Promise.reject(new Error('eyJ-must-not-be-shown'));
  }
}

@Injectable()
class Records extends IssuanceSink {
  readonly taken: IssuanceRecord[] = [];

  issued(record: IssuanceRecord): void {
    this.taken.push(record);
  }
}

@Injectable()
class BrokenRecords extends IssuanceSink {
  issued(): Promise<void> {
    return Promise.reject(new Error('audit store is down'));
  }
}

async function slowSigner(): Promise<Signer & { readonly signatures: number }> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { algorithm, keyId, publicJwk } = await createSigner({ key: privateKey });
  let signatures = 0;
  return {
    algorithm,
    keyId,
    publicJwk,
    asynchronous: true,
    get signatures() {
      return signatures;
    },
    async sign(bytes) {
      signatures++;
      await new Promise((resolve) => setImmediate(resolve));
      return sign('sha256', bytes, { key: privateKey, dsaEncoding: 'ieee-p1363' });
    },
  };
}

describe('one internal token per request', () => {
  it('R20: holds nothing of the access token and no refresh token', async () => {
    const gateway = await EdgeGateway.start({ edge: { forwarding: NOWHERE }, providers: [FanOut] });
    const secrets = { jti: 'id-of-the-access-token', refresh_token: 'refresh-me', email: 'alice@acme.test' };
    const access = gateway.issuer.token({ ...secrets, tctx: secrets, rctx: secrets });
    expect((await gateway.get('/orders', `Authorization: Bearer ${access}`)).status).toBe(200);
    const [internal = ''] = gateway.app.get(FanOut).sent;
    const [head = '', payload = ''] = internal.split('.').map((part) => Buffer.from(part, 'base64url').toString());
    expect(payload).toContain('alice');
    const parts = [...access.split('.'), ...Object.values(secrets), gateway.issuer.url];
    expect(parts.filter((part) => `${head}${payload}${internal}`.includes(part))).toEqual([]);
    await gateway.close();
  });

  it('R41, R8a: sends the same bytes to all services and on retries, minted and signed once', async () => {
    const gateway = await EdgeGateway.start({ edge: { forwarding: NOWHERE }, providers: [FanOut] });
    await gateway.get('/orders', gateway.bearer());
    expect(new Set(gateway.app.get(FanOut).sent).size).toBe(1);
    expect(gateway.app.get(FanOut).sent).toHaveLength(4);
    expect(gateway.tokens).toMatchObject({ minted: 1, signed: 1 });
    await gateway.close();
  });

  it('R41: signs nothing within one process', async () => {
    const gateway = await EdgeGateway.start();
    for (let index = 0; index < 20; index++) await gateway.get('/orders', gateway.bearer());
    expect(gateway.tokens).toMatchObject({ minted: 20, signed: 0 });
    await gateway.close();
  });

  it('R8a: signs once at the mint with an asynchronous signer', async () => {
    const signer = await slowSigner();
    const gateway = await EdgeGateway.start({ signer, providers: [Records] });
    const response = await gateway.get('/orders', gateway.bearer());
    expect(response.status).toBe(200);
    expect(signer.signatures).toBe(1);
    expect(gateway.app.get(Records).taken[0]?.tokenHash).toMatch(/^[\w-]{43}$/);
    await gateway.close();
  });

  it('R119: writes one audit record for an issued token, without the token', async () => {
    const gateway = await EdgeGateway.start({ providers: [Records] });
    const response = await gateway.get('/orders', gateway.bearer());
    await gateway.get('/orders');
    const { claims } = seenIn(response);
    expect(gateway.app.get(Records).taken).toEqual([
      {
        txn: response.headers['x-request-id'],
        sub: 'alice',
        scope: 'orders.read',
        requestedBy: 'gateway',
        expiresAt: claims.expiresAt,
        keyId: expect.stringMatching(/^[\w-]{43}$/),
      },
    ]);
    await gateway.close();
  });

  it('R119: admits requests even if the audit store fails', async () => {
    const gateway = await EdgeGateway.start({ providers: [BrokenRecords] });
    expect((await gateway.get('/orders', gateway.bearer())).status).toBe(200);
    await gateway.close();
  });

  it('R127: answers 500 txn_too_large to a token that would be too large, and dispatches nothing', async () => {
    const gateway = await EdgeGateway.start();
    const permissions = Array.from({ length: 200 }, (_, index) => `some:rather:long:permission:${index}`);
    const response = await gateway.get('/orders', gateway.bearer({ permissions }));
    expect(response.status).toBe(500);
    expect(problemIn(response)['code']).toBe('txn_too_large');
    await gateway.close();
  });

  it('answers a failing forwarder without revealing why', async () => {
    const gateway = await EdgeGateway.start({ edge: { forwarding: NOWHERE }, providers: [Failing] });
    const response = await gateway.get('/orders', gateway.bearer());
    expect(response.status).toBe(500);
    expect(response.body).not.toContain('eyJ');
    await gateway.close();
  });

  it('fails to start when two classes are provided for one role', async () => {
    class Other extends FanOut {}
    await expect(EdgeGateway.start({ edge: { forwarding: NOWHERE }, providers: [FanOut, Other] })).rejects.toThrow(
      /two providers of Forwarder/,
    );
  });
});

describe("the team's own policies", () => {
  const order: string[] = [];

  @Injectable()
  class Second extends EdgePolicy {
    override readonly order = 2;
    check(): void {
      order.push('second');
    }
  }
  @Injectable()
  class First extends EdgePolicy {
    override readonly order = 1;
    async check({ principal, route }: EdgeRequest): Promise<void> {
      await Promise.resolve();
      order.push(`first ${route.path} ${principal?.userId ?? 'nobody'}`);
    }
  }

  beforeEach(() => order.splice(0));

  it('run in order for every request, forwarded or not, after authentication', async () => {
    const gateway = await EdgeGateway.start({
      edge: { forwarding: NOWHERE },
      providers: [Second, First, FanOut],
    });
    await gateway.get('/orders', gateway.bearer());
    await gateway.get('/catalog/items');
    await gateway.get('/orders');
    await gateway.get('/no/such/route');
    expect(order).toEqual(['first /orders alice', 'second', 'first /catalog/items nobody', 'second']);
    await gateway.close();
  });
});
