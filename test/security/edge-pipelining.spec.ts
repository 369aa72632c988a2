import { exchange } from '../support/raw-http.js';
import { EdgeGateway, problemIn, seenIn } from '../support/edge-gateway.js';

const request = (path: string, ...lines: readonly string[]): string =>
  `GET ${path} HTTP/1.1\r\nHost: a\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`;

describe.each(['fastify', 'express'] as const)('pipelined requests (%s)', (platform) => {
  let gateway: EdgeGateway;

  beforeAll(async () => {
    gateway = await EdgeGateway.start({ platform });
  });
  afterAll(() => gateway.close());

  it('leaks nothing from one request into the next', async () => {
    const { responses } = await exchange(
      gateway.port,
      request('/orders', gateway.bearer({ sub: 'alice' })) +
        request('/orders') +
        request('/catalog/items') +
        request('/orders', gateway.bearer({ sub: 'bob', tenant_id: 'globex' })) +
        request('/orders', 'Authorization: Bearer rubbish') +
        request('/orders', gateway.bearer({ sub: 'carol' })),
      6,
    );
    expect(responses.map(({ status }) => status)).toEqual([200, 401, 200, 200, 401, 200]);
    const users = [0, 2, 3, 5].map((index) => seenIn(responses[index]!).claims.userId);
    expect(users).toEqual(['alice', 'anonymous', 'bob', 'carol']);
    expect(seenIn(responses[2]!).claims.tenantId).toBeUndefined();
    expect(new Set(responses.map(({ headers }) => headers['x-request-id'])).size).toBe(6);
  });

  it('R41: gives each request its own id, even with the same access token', async () => {
    const line = gateway.bearer();
    const minted = gateway.tokens.minted;
    const { responses } = await exchange(gateway.port, request('/orders', line).repeat(50), 50);
    const ids = responses.map((response) => seenIn(response).claims.tokenId);
    expect(new Set(ids).size).toBe(50);
    expect(ids).toEqual(responses.map(({ headers }) => headers['x-request-id']));
    expect(gateway.tokens.minted).toBe(minted + 50);
  });

  it('does not read a refused body as the next request', async () => {
    const hidden = request('/orders', gateway.bearer());
    const { responses } = await exchange(
      gateway.port,
      `POST /orders HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: ${hidden.length}\r\n` +
        `Connection: close\r\n\r\n${hidden}`,
    );
    expect(responses.map(({ status }) => status)).toEqual([401]);
  });

  it.each(['\0\0\0 rubbish\r\n\r\n', 'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n'])(
    'answers invalid bytes after the requests before them, and closes the connection: %j',
    async (rubbish) => {
      const { responses, closed } = await exchange(gateway.port, request('/catalog/items').repeat(2) + rubbish);
      expect(closed).toBe(true);
      expect(responses.map(({ status }) => status)).toEqual([200, 200, rubbish.startsWith('CONNECT') ? 405 : 400]);
      problemIn(responses[2]!);
    },
  );

  it('R94: keeps identities apart over hundreds of concurrent connections', async () => {
    const users = Array.from({ length: 200 }, (_, index) => `user-${index}`);
    const answers = await Promise.all(
      users.map((sub) => exchange(gateway.port, request('/orders', gateway.bearer({ sub })).repeat(5), 5)),
    );
    answers.forEach(({ responses }, index) => {
      expect(responses.map((response) => seenIn(response).claims.userId)).toEqual(
        Array.from({ length: 5 }, () => users[index]),
      );
    });
  });
});
