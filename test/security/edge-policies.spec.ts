import { ForbiddenException, HttpException, Injectable, Scope } from '@nestjs/common';
import { EdgePolicy, type EdgeRequest, type Enrichment, PermissionEnricher } from 'nestjs-internal-token/gateway';
import { EdgeGateway, problemIn, seenIn } from '../support/edge-gateway.js';

@Injectable()
class Rules extends EdgePolicy {
  check({ raw, response }: EdgeRequest): void | Promise<void> {
    switch (raw.headers['x-case']) {
      case 'forbidden':
        throw new ForbiddenException('We open at nine.');
      case 'limited':
        response.setHeader('Retry-After', '30');
        throw new HttpException('Too many requests', 429);
      case 'late':
        return Promise.reject(new ForbiddenException('Too late.'));
      case 'broken':
        throw new Error('password=hunter2');
      case 'bare':
        throw Object.create(null);
      case 'bare-late':
        // eslint-disable-next-line typescript/prefer-promise-reject-errors -- what a team's code may do
        return Promise.reject(Object.create(null));
      case 'odd-message':
        throw Object.assign(new Error(), { message: 42 });
      case 'unreadable':
        throw Object.defineProperty(new Error(), 'message', {
          get: () => {
            throw new Error('password=hunter2');
          },
        });
    }
  }
}

@Injectable({ scope: Scope.REQUEST })
class PerRequest extends EdgePolicy {
  check(): void {}
}

@Injectable()
class Enricher extends PermissionEnricher {
  calls = 0;
  answer: () => unknown = () => ({});

  override enrich(): Enrichment | Promise<Enrichment> {
    this.calls++;
    return this.answer() as Enrichment;
  }
}

describe('policies that refuse', () => {
  let gateway: EdgeGateway;

  beforeAll(async () => {
    gateway = await EdgeGateway.start({ providers: [Rules] });
  });
  afterAll(() => gateway.close());

  it.each(['bare', 'bare-late', 'odd-message', 'unreadable'])(
    'answers 500 where nothing can be said about what was thrown: %s',
    async (name) => {
      const response = await gateway.get('/catalog/items', `X-Case: ${name}`);
      expect(response.status).toBe(500);
      expect(problemIn(response)).toMatchObject({ request_id: response.headers['x-request-id'] });
      expect(response.body).not.toContain('hunter2');
    },
  );

  it.each([
    ['forbidden', 403, 'We open at nine.'],
    ['late', 403, 'Too late.'],
    ['limited', 429, 'Too many requests'],
  ])('refuses with an HttpException: %s', async (name, status, detail) => {
    const minted = gateway.tokens.minted;
    const response = await gateway.get('/catalog/items', `X-Case: ${name}`);
    expect(response.status).toBe(status);
    expect(String(problemIn(response)['detail'] ?? problemIn(response)['title'])).toContain(
      status === 429 ? 'Too' : detail,
    );
    if (status === 429) expect(response.headers['retry-after']).toBe('30');
    expect(gateway.tokens.minted).toBe(minted);
  });

  it('refuses the request without revealing why when the policy throws', async () => {
    const response = await gateway.get('/catalog/items', 'X-Case: broken');
    expect(response.status).toBe(500);
    expect(problemIn(response)['code']).toBe('internal_error');
    expect(response.body).not.toContain('hunter2');
  });

  it('fails to start with a request-scoped policy, which would never run', async () => {
    await expect(EdgeGateway.start({ providers: [PerRequest] })).rejects.toThrow(/PerRequest is request-scoped/);
  });
});

describe('R45: enrichers', () => {
  let gateway: EdgeGateway;
  let enricher: Enricher;

  beforeAll(async () => {
    gateway = await EdgeGateway.start({ providers: [Enricher], edge: { enrichmentTimeoutMs: 50 } });
    enricher = gateway.app.get(Enricher);
  });
  afterAll(() => gateway.close());

  const remove = () => gateway.send(`DELETE /orders/7 HTTP/1.1\r\nHost: a\r\n${gateway.bearer()}\r\n\r\n`);

  it('can add a permission that the route needs', async () => {
    enricher.answer = () => ({ permissions: ['orders:admin'] });
    expect((await remove()).status).toBe(200);
    enricher.answer = () => ({ permissions: [] });
    expect((await remove()).status).toBe(403);
  });

  it('cannot set subject, transaction or scope', async () => {
    enricher.answer = () => ({ sub: 'root', userId: 'root', txn: 'x', scope: 'all', scopes: ['all'] });
    const response = await gateway.get('/orders', gateway.bearer());
    if (response.status === 200)
      expect(seenIn(response).claims).toMatchObject({ userId: 'alice', scope: 'orders.read' });
    else expect(problemIn(response)['code']).toBe('enrichment_failed');
  });

  it.each([
    ['throws', () => Promise.reject(new Error('database is down'))],
    ['never answers', () => new Promise(() => undefined)],
    ['answers nonsense', () => ({ permissions: 'all' })],
  ])('answers 503 without a mint when the enricher %s', async (_name, answer) => {
    enricher.answer = answer;
    const minted = gateway.tokens.minted;
    const response = await gateway.get('/orders', gateway.bearer());
    expect(response.status).toBe(503);
    expect(problemIn(response)['code']).toBe('enrichment_failed');
    expect(response.body).not.toContain('database');
    expect(gateway.tokens.minted).toBe(minted);
  });

  it('are not called for anonymous or refused callers', async () => {
    const { calls } = enricher;
    await gateway.get('/catalog/items');
    await gateway.get('/orders');
    await gateway.get('/orders', gateway.bearer({ scope: 'other' }));
    expect(enricher.calls).toBe(calls);
  });
});
