import { Controller, Get, type INestApplication, Logger, Post } from '@nestjs/common';
import { jest } from '@jest/globals';
import type { IncomingMessage } from 'node:http';
import { EnforcementMode, InternalClaims, type InternalTokenOptions } from 'nestjs-internal-token';
import { ADAPTERS, type Running, start } from '../../libs/internal-token/test/support/adapters.js';

@Controller('reports')
class ReportsController {
  @Get(':id')
  @EnforcementMode('shadow')
  report() {
    return { report: true };
  }

  @Post('shadowed')
  @EnforcementMode('shadow')
  shadowed() {
    return { shadowed: true };
  }

  @Post('who')
  @EnforcementMode('shadow')
  who(@InternalClaims() claims: object) {
    return claims;
  }
}

@Controller('orders')
class OrdersController {
  @Get()
  list() {
    return { orders: true };
  }

  @Post()
  place() {
    return { placed: true };
  }

  @Post('strict')
  @EnforcementMode('strict')
  strict() {
    return {};
  }
}

const TOMORROW = () => new Date(Date.now() + 24 * 60 * 60 * 1000);

describe.each(ADAPTERS)('scope of an enforcement mode that admits unverified requests, on $adapter', (row) => {
  const reached: string[] = [];
  let running: Running | undefined;
  beforeEach(() => void jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined));
  afterEach(async () => {
    jest.restoreAllMocks();
    reached.length = 0;
    await running?.app.close();
  });
  const service = async (options: Partial<InternalTokenOptions>) => {
    running = await start(row, {
      controllers: [ReportsController, OrdersController],
      options: { allowUnverifiedUntil: TOMORROW(), ...options },
      prepare: (app: INestApplication) =>
        app.use((message: IncomingMessage, _response: unknown, next: () => void) => {
          reached.push(`${message.method} ${message.url}`);
          next();
        }),
    });
    return (method: string, path: string) =>
      fetch(`${running!.url}${path}`, {
        method,
        headers: { 'content-type': 'application/json' },
        ...(method === 'POST' && { body: '{"a":1}' }),
      }).then(({ status }) => status);
  };

  it('R212: opens only the marked handler, and no other of its method', async () => {
    const send = await service({});
    expect(await send('GET', '/reports/1')).toBe(200);
    expect(await send('POST', '/reports/shadowed')).toBe(201);
    reached.length = 0;
    for (const [method, path] of [
      ['GET', '/orders'],
      ['POST', '/orders'],
      ['POST', '/reports/who'],
      ['POST', '/reports/1'],
      ['POST', '/nowhere'],
      ['GET', '/reports'],
      ['GET', '/reports/a%2fb'],
    ] as const) {
      expect([method, path, await send(method, path)]).toEqual([method, path, 401]);
    }
    expect(reached).toEqual([]);
  });

  it('R212: for a whole service, opens unknown paths, and no handler that asks for claims or for strict mode', async () => {
    const send = await service({ mode: 'shadow' });
    expect(await send('POST', '/orders')).toBe(201);
    expect(await send('GET', '/nowhere')).toBe(404);
    reached.length = 0;
    expect(await send('POST', '/orders/strict')).toBe(401);
    expect(await send('POST', '/reports/who')).toBe(401);
    expect(reached).toEqual([]);
  });

  it('R212: ends at its end date, for unknown paths too', async () => {
    const until = TOMORROW();
    const send = await service({ mode: 'shadow', allowUnverifiedUntil: until });
    jest.spyOn(Date, 'now').mockReturnValue(until.getTime());
    for (const path of ['/nowhere', '/reports/1', '/orders']) expect(await send('GET', path)).toBe(401);
    expect(reached).toEqual([]);
  });
});
