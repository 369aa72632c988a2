import { EdgeGateway, seenIn } from '../support/edge-gateway.js';

describe.each(['fastify', 'express'] as const)('a client brings an internal token of its own (%s)', (platform) => {
  let gateway: EdgeGateway;
  let stolen: string;

  beforeAll(async () => {
    gateway = await EdgeGateway.start({ platform });
    stolen = await gateway.internalToken();
  });
  afterAll(() => gateway.close());

  it.each([
    'Txn-Token',
    'txn-token',
    'TXN-TOKEN',
    'Txn_Token',
    'Txn.Token',
    'TxnToken',
    'X-Txn-Token',
    'Transaction-Token',
  ])('R51: %s alone is no credential', async (name) => {
    const response = await gateway.get('/orders', `${name}: ${stolen}`);
    expect(response.status).toBe(401);
    expect(response.body).not.toContain(stolen);
  });

  it.each(['Txn-Token', 'Txn_Token', 'X-Txn-Token', 'tXn.ToKeN'])(
    'R51: %s beside an access token is gone before the handler, in every view of the fields',
    async (name) => {
      const response = await gateway.get('/orders', gateway.bearer(), `${name}: ${stolen}`, `${name}: again`);
      expect(response.status).toBe(200);
      const seen = seenIn(response);
      expect(seen.claims.userId).toBe('alice');
      expect(JSON.stringify([seen.rawHeaders, seen.headers, seen.distinct])).not.toContain(stolen);
      expect(Object.keys(seen.headers).filter((field) => /txn/i.test(field))).toEqual([]);
    },
  );

  it('R33: as a bearer token it is refused', async () => {
    const response = await gateway.get('/orders', `Authorization: Bearer ${stolen}`);
    expect(response.status).toBe(401);
    expect(response.headers['www-authenticate']).toContain('error="invalid_token"');
  });

  it('R51: it does not make a public request anybody', async () => {
    const seen = seenIn(await gateway.get('/catalog/items', `Txn-Token: ${stolen}`));
    expect(seen.claims).toMatchObject({ userId: 'anonymous', authenticated: false, permissions: [] });
  });
});
