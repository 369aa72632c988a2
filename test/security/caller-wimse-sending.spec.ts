import type { IncomingMessage } from 'node:http';
import { CallerCredentials, type WimseCallerAuthenticator, WimseCredentials } from 'nestjs-internal-token/caller';
import { EdgeGateway, problemIn } from '../support/edge-gateway.js';
import { HttpUpstream } from '../support/upstream.js';
import { GATEWAY } from './support/callers.js';
import { type Caller, clientsOf, Peer, type Received, startCaller } from './support/outgoing.js';
import { Workload } from './support/wimse.js';

const FIELDS = ['workload-identity-token', 'workload-proof-token'];
const workload = new Workload();

const credentials = () => {
  const identity = { token: workload.wit(), key: workload.key };
  return { provide: CallerCredentials, useValue: new WimseCredentials({ identity }) };
};

/** Calls as a service at this origin would. */
const authenticatorAt = async (origin: string): Promise<WimseCallerAuthenticator> => {
  const authenticator = workload.authenticator({ origins: [origin] });
  await authenticator.onModuleInit();
  return authenticator;
};

describe('a process that proves its identity', () => {
  let caller: Caller;
  let authenticator: WimseCallerAuthenticator;
  const [inside, outside] = [new Peer(), new Peer()];

  beforeAll(async () => {
    await Promise.all([inside.listen(), outside.listen()]);
    caller = await startCaller({ internalOrigins: [inside.origin] }, 'caller', [credentials()]);
    authenticator = await authenticatorAt(inside.origin);
  });
  afterAll(async () => {
    authenticator.onApplicationShutdown();
    await caller.close();
    await Promise.all([inside.close(), outside.close()]);
  });

  const identify = ({ rawHeaders, url, tokens: [token] }: Received) =>
    authenticator.authenticate({ raw: { rawHeaders, url } as IncomingMessage, token });

  describe.each(clientsOf(() => caller))('calling with $client', ({ call }) => {
    it('R145: sends a new proof with each call', async () => {
      for (const path of ['/stock/1?a=b', '/stock/1?a=b', '/']) {
        await caller.as('ada', () => call(`${inside.origin}${path}`));
        expect(identify(inside.last)).toBe(GATEWAY);
      }
    });

    it('R91, R145: sends none to external hosts, and lets no caller override it', async () => {
      const headers = { 'Workload-Identity-Token': 'mine', 'Workload-Proof-Token': 'mine' };
      await caller.as('ada', () => call(outside.origin, { headers }));
      for (const field of FIELDS) expect(outside.last.all(field)).toEqual([]);
      await caller.as('ada', () => call(inside.origin, { headers }));
      for (const field of FIELDS) expect(inside.last.all(field)).toEqual([expect.stringMatching(/^eyJ/)]);
      expect(identify(inside.last)).toBe(GATEWAY);
    });

    it('R92: does not carry it along a redirect', async () => {
      const before = outside.received.length;
      inside.answer = (_request, response) => void response.writeHead(302, { location: outside.origin }).end();
      try {
        await caller.as('ada', () => call(inside.origin)).catch(() => undefined);
      } finally {
        inside.answer = (_request, response) => void response.end('ok');
      }
      for (const received of outside.received.slice(before)) {
        for (const field of FIELDS) expect(received.all(field)).toEqual([]);
      }
    });
  });
});

describe('a gateway that proves its identity', () => {
  let gateway: EdgeGateway;
  let upstream: HttpUpstream;
  let authenticator: WimseCallerAuthenticator;
  let answer: (response: Parameters<NonNullable<Parameters<typeof HttpUpstream.start>[0]>>[1]) => void;

  beforeAll(async () => {
    upstream = await HttpUpstream.start((_request, response) => answer(response));
    const edge = { forwarding: { upstreams: { catalog: { origin: upstream.url } } } };
    gateway = await EdgeGateway.start({ edge, providers: [credentials()] });
    authenticator = await authenticatorAt(upstream.url);
  });
  beforeEach(() => {
    upstream.seen.length = 0;
    answer = (response) => void response.end('{}');
  });
  afterAll(async () => {
    authenticator?.onApplicationShutdown();
    await gateway?.close();
    await upstream?.stop();
  });

  const identify = (seen: HttpUpstream['seen'][number]) => {
    const { rawHeaders, url } = seen;
    const token = rawHeaders[rawHeaders.findIndex((name, i) => i % 2 === 0 && name.toLowerCase() === 'txn-token') + 1];
    return authenticator.authenticate({ raw: { rawHeaders, url } as IncomingMessage, token });
  };

  it("R58, R145: proves its identity on forwarded requests and drops the client's headers for it", async () => {
    const lines = ['Workload-Identity-Token: theirs', 'Workload_Proof_Token: theirs', 'Workload-Proof-Token: theirs'];
    expect((await gateway.get('/catalog/items?x=1', ...lines)).status).toBe(200);
    const [seen] = upstream.seen;
    expect(identify(seen!)).toBe(GATEWAY);
    expect(seen!.rawHeaders).not.toContain('theirs');
  });

  it('R145: sends a new proof when a request is retried', async () => {
    let first = true;
    answer = (response) => {
      if (first) response.destroy();
      else response.end('{}');
      first = false;
    };
    expect((await gateway.get('/catalog/items')).status).toBe(200);
    expect(upstream.seen.map(identify)).toEqual([GATEWAY, GATEWAY]);
  });

  it.each([
    [400, 'caller_invalid'],
    [403, 'caller_not_allowed'],
    [503, 'caller_unavailable'],
  ])('R59: answers 502 without details when a service refuses it with %i', async (status, code) => {
    answer = (response) => {
      const challenge = `Txn-Caller realm="shop.test", error="${code}"`;
      response.writeHead(status, { 'WWW-Authenticate': challenge, 'Content-Type': 'application/problem+json' });
      response.end(JSON.stringify({ code, detail: 'the particulars' }));
    };
    const response = await gateway.get('/catalog/items');
    expect(response.status).toBe(502);
    expect(problemIn(response)).toMatchObject({ code: 'upstream_rejected_caller' });
    expect(response.body).not.toContain('particulars');
    expect(response.headers['www-authenticate']).toBeUndefined();
  });
});
