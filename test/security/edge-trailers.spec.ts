import { EdgeGateway, seenIn } from '../support/edge-gateway.js';

describe.each(['fastify', 'express'] as const)('trailers (%s)', (platform) => {
  let gateway: EdgeGateway;
  let stolen: string;

  beforeAll(async () => {
    gateway = await EdgeGateway.start({ platform });
    stolen = await gateway.internalToken();
  });
  afterAll(() => gateway.close());

  const chunked = (path: string, lines: readonly string[], trailers: readonly string[]): string =>
    [`POST ${path} HTTP/1.1`, 'Host: a', 'Content-Type: application/json', 'Transfer-Encoding: chunked', ...lines].join(
      '\r\n',
    ) + `\r\n\r\n2\r\n{}\r\n0\r\n${trailers.map((line) => `${line}\r\n`).join('')}\r\n`;

  it('R55: ignores a token in a trailer', async () => {
    const lines = ['Trailer: Txn-Token, Authorization'];
    const trailers = [`Txn-Token: ${stolen}`, gateway.bearer()];
    expect((await gateway.send(chunked('/orders', lines, trailers))).status).toBe(401);
    const seen = seenIn(await gateway.send(chunked('/catalog/echo', lines, trailers)));
    expect(seen.claims).toMatchObject({ userId: 'anonymous', authenticated: false });
    expect(JSON.stringify(seen)).not.toContain(stolen);
  });

  it('R55: does not change the identity of a request by a trailer', async () => {
    const other = gateway.bearer({ sub: 'mallory' });
    const response = await gateway.send(chunked('/orders', [gateway.bearer()], [`Txn-Token: ${stolen}`, other]));
    expect(response.status).toBe(201);
    expect(seenIn(response).claims.userId).toBe('alice');
  });
});
