import { EdgeGateway, problemIn } from '../support/edge-gateway.js';

describe.each(['fastify', 'express'] as const)('oversized headers (%s)', (platform) => {
  let gateway: EdgeGateway;

  beforeAll(async () => {
    gateway = await EdgeGateway.start({ platform });
  });
  afterAll(() => gateway.close());

  it.each([
    ['one long value', `X: ${'a'.repeat(40_000)}`],
    ['one long name', `${'x'.repeat(40_000)}: 1`],
    ['many headers', Array.from({ length: 4_000 }, (_, index) => `X-${index}: 1`).join('\r\n')],
    ['a long access token', `Authorization: Bearer ${'a'.repeat(40_000)}`],
  ])('R60: answers 431 with a problem body to %s, and closes the connection', async (_name, lines) => {
    const { responses, closed } = await gateway.untilClosed(
      `GET /catalog/items HTTP/1.1\r\nHost: a\r\n${lines}\r\n\r\n`,
    );
    expect(closed).toBe(true);
    expect(responses.map(({ status }) => status)).toEqual([431]);
    expect(problemIn(responses[0]!)['code']).toBe('invalid_request');
  });

  it('R60: refuses an overlong target too', async () => {
    const { responses } = await gateway.untilClosed(`GET /${'a'.repeat(40_000)} HTTP/1.1\r\nHost: a\r\n\r\n`);
    expect(responses.map(({ status }) => status)).toEqual([431]);
  });

  it('refuses headers even if they arrive after the ones the parser discards', async () => {
    const filler = Array.from({ length: 1_500 }, (_, index) => `X${index}:1`).join('\r\n');
    const response = await gateway.send(
      `GET /catalog/items HTTP/1.1\r\nHost: a\r\n${filler}\r\nTxn-Token: stolen\r\nX-User-Id: root\r\n\r\n`,
    );
    expect([200, 431]).toContain(response.status);
    expect(response.body).not.toContain('stolen');
    expect(response.body).not.toContain('root');
  });

  it('serves the next request unchanged after a thousand unknown header names', async () => {
    for (let round = 0; round < 4; round++) {
      const lines = Array.from({ length: 300 }, (_, index) => `X-${round}-${index}: 1`);
      expect((await gateway.get('/catalog/items', ...lines)).status).toBe(200);
    }
    const response = await gateway.get('/catalog/items', 'Txn_Token: stolen');
    expect(response.body).not.toContain('stolen');
  });
});
