import { EdgeGateway, seenIn } from '../support/edge-gateway.js';

const CLAIMED = 'claimed-by-the-client';

describe('identity headers sent by a client', () => {
  let gateway: EdgeGateway;

  beforeAll(async () => {
    gateway = await EdgeGateway.start({
      edge: { headers: { strip: ['X-Company-Identity'], keep: ['X-Datadog-Origin'] } },
    });
  });
  afterAll(() => gateway.close());

  it.each([
    'Workload-Identity-Token',
    'Workload_Identity_Token',
    'Workload-Proof-Token',
    'workload.proof.token',
    'baggage',
    'Traceparent',
    'Tracestate',
    'X-B3-TraceId',
    'X-Request-Id',
    'Client-Cert',
    'Client-Cert-Chain',
    'X-Forwarded-For',
    'X_Forwarded_For',
    'X-Forwarded-Client-Cert',
    'X-Forwarded-User',
    'X-Forwarded-Proto',
    'X-Forwarded-Uri',
    'Forwarded',
    'X-Real-IP',
    'True-Client-IP',
    'CF-Connecting-IP',
    'X-User-Id',
    'X_User_Id',
    'X-Tenant-Id',
    'Remote-User',
    'X-Remote-User',
    'X-Authenticated-Userid',
    'X-Auth-Request-Email',
    'X-Internal-Secret',
    'X-Original-URL',
    'X-Rewrite-URL',
    'Proxy-Authorization',
    'X-Company-Identity',
    'x_company_identity',
    // What gateways, meshes and identity-aware proxies send about a user.
    'X-Goog-Iap-Jwt-Assertion',
    'X-Goog-Authenticated-User-Email',
    'X-Amzn-Oidc-Identity',
    'X-Amzn-Oidc-Data',
    'X-Amzn-Mtls-Clientcert-Subject',
    'X-Ms-Client-Principal',
    'X-Ms-Client-Principal-Name',
    'X-Pomerium-Jwt-Assertion',
    'X-Pomerium-Claim-Email',
    'Cf-Access-Authenticated-User-Email',
    'X-Consumer-Username',
    'X_Consumer_Id',
    'X-Userinfo',
    'X-Auth-User',
    'X-Auth-User-Id',
    'X-Auth-Username',
    'X-Roles',
    'x.roles',
    'SSL-Client-Cert',
    'ssl_client_verify',
    'X-SSL-Client-S-DN',
  ])('R58: %s does not reach a handler', async (name) => {
    const response = await gateway.get('/catalog/items', `${name}: ${CLAIMED}`, 'X-Harmless: kept');
    expect(response.status).toBe(200);
    const seen = seenIn(response);
    expect(JSON.stringify([seen.rawHeaders, seen.headers, seen.distinct, seen.claims])).not.toContain(CLAIMED);
    expect(seen.headers['x-harmless']).toBe('kept');
    expect(seen.distinct['x-harmless']).toEqual(['kept']);
  });

  it.each([
    'b3',
    'uber-trace-id',
    'uberctx-user',
    'X-Datadog-Trace-Id',
    'x-datadog-parent-id',
    'sentry-trace',
    'X-Amzn-Trace-Id',
    'X-Cloud-Trace-Context',
  ])('R175: %s starts no trace', async (name) => {
    const seen = seenIn(await gateway.get('/catalog/items', `${name}: ${CLAIMED}`));
    expect(JSON.stringify([seen.rawHeaders, seen.headers, seen.distinct])).not.toContain(CLAIMED);
  });

  it.each([
    'X-Author',
    'X-Authority',
    'X-Authenticator',
    'X-Consumerism',
    'X-Pomeriums',
    'B3-Paper',
    'SSL-Clients',
    'X-Datadog-Origin',
  ])('R175: %s, which only resembles a stripped header or is kept, reaches a handler', async (name) => {
    const seen = seenIn(await gateway.get('/catalog/items', `${name}: kept`));
    expect(seen.distinct[name.toLowerCase()]).toEqual(['kept']);
  });

  it.each(['Authorization_', 'Content_Length', 'Content.Type', 'Transfer_Encoding', 'Cookie.'])(
    'R51: %s, which a gateway may read as another header, does not reach a handler',
    async (name) => {
      const seen = seenIn(await gateway.get('/catalog/items', `${name}: ${CLAIMED}`));
      expect(JSON.stringify(seen.rawHeaders)).not.toContain(CLAIMED);
    },
  );

  it.each(['Txn Token', 'Txn-Token ', ' Txn-Token', 'Txn\tToken', 'Txn(Token'])(
    'R56: closes the connection on the invalid header name "%s"',
    async (name) => {
      const { responses, closed } = await gateway.untilClosed(
        `GET /catalog/items HTTP/1.1\r\nHost: a\r\n${name}: ${CLAIMED}\r\n\r\n`,
      );
      expect(closed).toBe(true);
      expect(responses.map(({ status }) => status)).toEqual([400]);
    },
  );

  it('R39: hides the access token from handlers', async () => {
    const line = gateway.bearer();
    const seen = seenIn(await gateway.get('/orders', line));
    expect(JSON.stringify(seen)).not.toContain(line.split(' ').at(-1));
    expect(seen.headers['authorization']).toBeUndefined();
    expect(seen.distinct['authorization']).toBeUndefined();
  });

  it('R45: grants no permission from headers or bodies', async () => {
    const body = '{"permissions":["orders:admin"],"sub":"root"}';
    const response = await gateway.send(
      `POST /orders HTTP/1.1\r\nHost: a\r\n${gateway.bearer()}\r\nX-Permissions: orders:admin\r\n` +
        `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    expect(response.status).toBe(201);
    expect(seenIn(response).claims).toMatchObject({ userId: 'alice', permissions: ['orders:read', 'orders:write'] });
  });
});

describe('the option forwardAuthorization', () => {
  it('R39: leaves the Authorization header in place for handlers', async () => {
    const gateway = await EdgeGateway.start({ edge: { headers: { forwardAuthorization: true } } });
    const line = gateway.bearer();
    const seen = seenIn(await gateway.get('/orders', line));
    expect(`Authorization: ${seen.headers['authorization']}`).toBe(line);
    await gateway.close();
  });
});
