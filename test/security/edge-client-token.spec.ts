import { EdgeGateway, seenIn } from '../support/edge-gateway.js';

describe.each(['fastify', 'express'] as const)('an internal token sent by a client (%s)', (platform) => {
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
  ])('R51: does not accept %s as a credential', async (name) => {
    const response = await gateway.get('/orders', `${name}: ${stolen}`);
    expect(response.status).toBe(401);
    expect(response.body).not.toContain(stolen);
  });

  it.each(['Txn-Token', 'Txn_Token', 'X-Txn-Token', 'tXn.ToKeN'])(
    'R51: removes %s beside an access token from every view of the headers',
    async (name) => {
      const response = await gateway.get('/orders', gateway.bearer(), `${name}: ${stolen}`, `${name}: again`);
      expect(response.status).toBe(200);
      const seen = seenIn(response);
      expect(seen.claims.userId).toBe('alice');
      expect(JSON.stringify([seen.rawHeaders, seen.headers, seen.distinct])).not.toContain(stolen);
      expect(Object.keys(seen.headers).filter((field) => /txn/i.test(field))).toEqual([]);
    },
  );

  it('R33: refuses an internal token sent as a bearer token', async () => {
    const response = await gateway.get('/orders', `Authorization: Bearer ${stolen}`);
    expect(response.status).toBe(401);
    expect(response.headers['www-authenticate']).toContain('error="invalid_token"');
  });

  it('R51: keeps a public request anonymous', async () => {
    const seen = seenIn(await gateway.get('/catalog/items', `Txn-Token: ${stolen}`));
    expect(seen.claims).toMatchObject({ userId: 'anonymous', authenticated: false, permissions: [] });
  });
});
