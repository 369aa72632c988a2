import { EdgeGateway, problemIn } from '../support/edge-gateway.js';
import { agreedSigner, EdgeService } from '../support/edge-service.js';
import { HttpUpstream, type Serve } from '../support/upstream.js';

describe('a service that refuses the internal token', () => {
  it('R59: answers 502 without a reason for another trust domain or key', async () => {
    const signer = await agreedSigner();
    for (const service of [
      await EdgeService.start(signer, { trustDomain: 'other.test' }),
      await EdgeService.start(await agreedSigner()),
    ]) {
      const gateway = await EdgeGateway.start({
        signer,
        edge: { forwarding: { upstreams: { orders: { origin: service.url } } } },
      });
      const response = await gateway.get('/orders', gateway.bearer());
      expect(response.status).toBe(502);
      expect(problemIn(response)).toMatchObject({ code: 'upstream_rejected_token' });
      expect(response.headers['www-authenticate']).toBeUndefined();
      expect(response.body).not.toMatch(/txn_|audience|signature|key|domain/i);
      await gateway.close();
      await service.close();
    }
  });

  it('R59: does not wait for the body of a refusal, however long', async () => {
    const upstream = await HttpUpstream.start((_incoming, response) => {
      response.writeHead(401, { 'WWW-Authenticate': 'txn-token realm="x", error="invalid_token"' });
      response.write('txn_signature');
    });
    const gateway = await EdgeGateway.start({
      edge: { forwarding: { upstreams: { orders: { origin: upstream.url } } } },
    });
    for (const method of ['GET', 'POST']) {
      const response = await gateway.send(
        `${method} /orders HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n${gateway.bearer()}\r\n\r\n`,
      );
      expect([response.status, problemIn(response)['code']]).toEqual([502, 'upstream_rejected_token']);
    }
    expect(upstream.seen).toHaveLength(2);
    await gateway.close();
    await upstream.stop();
  });

  describe('refusals that are not about the token', () => {
    let upstream: HttpUpstream;
    let gateway: EdgeGateway;
    let serve: Serve;

    beforeAll(async () => {
      upstream = await HttpUpstream.start((incoming, response) => serve(incoming, response));
      gateway = await EdgeGateway.start({ edge: { forwarding: { upstreams: { orders: { origin: upstream.url } } } } });
    });
    afterAll(async () => {
      await gateway.close();
      await upstream.stop();
    });

    it.each([400, 403, 404, 409, 410, 415, 422, 429, 500, 503])(
      'R59: passes %i through with its body',
      async (status) => {
        const body = JSON.stringify({ status, code: 'its_own', detail: 'as the service says it' });
        serve = (_incoming, response) => {
          response
            .writeHead(status, {
              'Content-Type': 'application/problem+json',
              'Retry-After': '7',
              'Content-Length': body.length,
            })
            .end(body);
        };
        const response = await gateway.get('/orders', gateway.bearer());
        expect(response).toMatchObject({
          status,
          headers: {
            'content-type': 'application/problem+json',
            'retry-after': '7',
            'content-length': `${body.length}`,
          },
          body,
        });
      },
    );

    it("R59: passes through a 401 with the service's own challenge", async () => {
      serve = (_incoming, response) => response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="x"' }).end();
      const response = await gateway.get('/orders', gateway.bearer());
      expect([response.status, response.headers['www-authenticate']]).toEqual([401, 'Basic realm="x"']);
    });
  });

  it("R59: passes through a service's 403 and 404 as in one process", async () => {
    const signer = await agreedSigner();
    const service = await EdgeService.start(signer);
    const gateway = await EdgeGateway.start({
      signer,
      edge: { forwarding: { upstreams: { orders: { origin: service.url } } } },
    });
    const response = await gateway.send(
      `POST /orders HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 2\r\n${gateway.bearer({ scope: 'orders.write', permissions: ['orders:write'] })}\r\n\r\n{}`,
    );
    expect(response.status).toBe(201);
    expect(response.headers['x-request-id']).toBe((JSON.parse(response.body) as { txn: string }).txn);
    await gateway.close();
    await service.close();
  });
});
