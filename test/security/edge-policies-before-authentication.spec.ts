import { HttpException, Injectable } from '@nestjs/common';
import { EdgePolicy, type EdgeRequest } from 'nestjs-internal-token/gateway';
import { EdgeGateway, problemIn } from '../support/edge-gateway.js';

const ALLOWED_FAILURES = 3;

/** Counts credentials by address until they prove valid; after three invalid ones the address has to wait. */
@Injectable()
class FailedCredentials extends EdgePolicy {
  override readonly runs = 'before-authentication';
  readonly #attempts = new Map<string, number>();

  check({ clientAddress, response }: EdgeRequest): void {
    const attempts = () => this.#attempts.get(clientAddress) ?? 0;
    if (attempts() >= ALLOWED_FAILURES) {
      response.setHeader('Retry-After', '60');
      throw new HttpException('Too many wrong credentials', 429);
    }
    this.#attempts.set(clientAddress, attempts() + 1);
    response.once('close', () => {
      if (response.statusCode !== 401) this.#attempts.set(clientAddress, attempts() - 1);
    });
  }
}

/** Records when it runs and what it is given. */
abstract class Noted extends EdgePolicy {
  static readonly seen: [string, boolean, string][] = [];
  check({ principal, route }: EdgeRequest): void {
    Noted.seen.push([this.constructor.name, principal !== undefined, route.path]);
  }
}
@Injectable()
class LateBefore extends Noted {
  override readonly runs = 'before-authentication';
  override readonly order = 2;
}
@Injectable()
class EarlyBefore extends Noted {
  override readonly runs = 'before-authentication';
  override readonly order = -2;
}
@Injectable()
class EarlyAfter extends Noted {
  override readonly order = -3;
}

@Injectable()
class AsynchronousBefore extends EdgePolicy {
  override readonly runs = 'before-authentication';
  override async check(): Promise<void> {}
}

@Injectable()
class PromisesBefore extends EdgePolicy {
  override readonly runs = 'before-authentication';
  override check(): Promise<void> {
    return Promise.reject(new Error('password=hunter2'));
  }
}

@Injectable()
class Misspelt extends EdgePolicy {
  override readonly runs = 'before' as 'before-authentication';
  override check(): void {}
}

@Injectable()
class ReadsDistinct extends EdgePolicy {
  override readonly runs = 'before-authentication';
  static readonly seen: unknown[] = [];
  override check({ raw }: EdgeRequest): void {
    ReadsDistinct.seen.push([raw.headersDistinct['txn-token'], raw.headersDistinct['x-key']]);
  }
}

describe('a policy that runs before authentication', () => {
  const open: EdgeGateway[] = [];
  const start = async (...providers: (new () => EdgePolicy)[]): Promise<EdgeGateway> => {
    const gateway = await EdgeGateway.start({ providers });
    open.push(gateway);
    return gateway;
  };
  afterEach(async () => {
    for (const gateway of open.splice(0)) await gateway.close();
  });

  it('R171: reads every view of the headers, without the stripped ones', async () => {
    const gateway = await start(ReadsDistinct);
    expect((await gateway.get('/catalog/items', 'Txn-Token: x', 'X-Key: own')).status).toBe(200);
    expect(ReadsDistinct.seen).toEqual([[undefined, ['own']]]);
  });

  it('R171: limits the rate of invalid credentials, and their tokens are not checked', async () => {
    const gateway = await start(FailedCredentials);
    for (let i = 0; i < ALLOWED_FAILURES; i += 1) {
      expect((await gateway.get('/orders', `Authorization: Bearer wrong-${i}`)).status).toBe(401);
    }
    const refused = await gateway.get('/orders', 'Authorization: Bearer wrong-4');
    expect(refused.status).toBe(429);
    expect(refused.headers['retry-after']).toBe('60');
    expect(refused.headers['www-authenticate']).toBeUndefined();
    expect(gateway.tokens.minted).toBe(0);
  });

  it('R171: limits concurrent invalid credentials, and no valid ones', async () => {
    const gateway = await start(FailedCredentials);
    for (let i = 0; i <= ALLOWED_FAILURES; i += 1) {
      expect((await gateway.get('/orders', gateway.bearer())).status).toBe(200);
    }
    const guesses = Array.from({ length: 2 * ALLOWED_FAILURES }, (_, i) =>
      gateway.get('/orders', `Authorization: Bearer ${gateway.issuer.token({}, { kid: `unknown-${i}` })}`),
    );
    const statuses = (await Promise.all(guesses)).map(({ status }) => status);
    expect(statuses.toSorted((a, b) => a - b)).toEqual([401, 401, 401, 429, 429, 429]);
  });

  it('R171: runs before the other policies, in order, and knows the route but no principal', async () => {
    const gateway = await start(EarlyAfter, LateBefore, EarlyBefore);
    Noted.seen.length = 0;
    expect((await gateway.get('/orders', gateway.bearer())).status).toBe(200);
    expect(Noted.seen).toEqual([
      ['EarlyBefore', false, '/orders'],
      ['LateBefore', false, '/orders'],
      ['EarlyAfter', true, '/orders'],
    ]);
    Noted.seen.length = 0;
    expect((await gateway.get('/orders', 'Authorization: Bearer wrong')).status).toBe(401);
    expect(Noted.seen.map(([name]) => name)).toEqual(['EarlyBefore', 'LateBefore']);
  });

  it.each([
    ['is an async function', AsynchronousBefore, /AsynchronousBefore runs before authentication.*synchronous/],
    ['declares an invalid stage', Misspelt, /Misspelt\.runs is "before".*after-authentication/],
  ])('R171: fails to start when the policy %s', async (_name, policy, message) => {
    await expect(start(policy)).rejects.toThrow(message);
  });

  it('R171: refuses the request when the policy returns a promise, even if it rejects', async () => {
    const gateway = await start(PromisesBefore);
    const response = await gateway.get('/catalog/items');
    expect(response.status).toBe(500);
    expect(problemIn(response)['code']).toBe('configuration_invalid');
    expect(response.body).not.toContain('hunter2');
    expect(gateway.tokens.minted).toBe(0);
  });
});
