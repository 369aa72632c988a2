import { Controller, Get, type INestApplication } from '@nestjs/common';
import type { RequestListener } from 'node:http';
import { InternalClaims } from 'nestjs-internal-token';
import { ADAPTERS, type Running, start } from '../../libs/internal-token/test/support/adapters.js';

@Controller('who')
class WhoController {
  @Get()
  who(@InternalClaims('userId') userId: string) {
    return { userId };
  }
}

describe('an application that another one mounts', () => {
  let inner: Running;
  let outer: Running;
  let seenByMiddleware = 0;
  const [express] = ADAPTERS;

  beforeAll(async () => {
    inner = await start(express, {
      controllers: [WhoController],
      prepare: (app) =>
        app.use((_request: unknown, _response: unknown, next: () => void) => (seenByMiddleware++, next())),
    });
    const instance = (app: INestApplication) => app.getHttpAdapter().getInstance() as RequestListener;
    outer = await start(express, {
      controllers: [WhoController],
      prepare: (app) => app.use('/inner', instance(inner.app)),
    });
  });
  afterAll(async () => {
    await outer.app.close();
    await inner.app.close();
  });

  it('R210: verifies the token by its own keys, though the outer one has accepted it', async () => {
    expect(await (await outer.get('/who', outer.tokens.token())).json()).toMatchObject({ userId: 'test-user' });
    const response = await outer.get('/inner/who', outer.tokens.token());
    expect(response.status).toBe(401);
    expect(seenByMiddleware).toBe(0);
  });
});
