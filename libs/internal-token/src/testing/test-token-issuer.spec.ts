import { Controller, Get, type INestApplication, Module } from '@nestjs/common';
import { Test, type TestingModuleBuilder } from '@nestjs/testing';
import { inspect } from 'node:util';
import request from 'supertest';
import { InternalTokenError, isVerified } from '../core/index.js';
import { InternalClaims, InternalTokenModule, InternalTokenVerifier } from '../nest/index.js';
import { TestTokenIssuer } from './test-token-issuer.js';

const tokens = new TestTokenIssuer({ trustDomain: 'shop.example' });

async function codeOf(token: string): Promise<string> {
  const verifier = await tokens.verifier();
  try {
    await verifier.verify(token);
    return 'accepted';
  } catch (error) {
    return error instanceof InternalTokenError ? error.code : String(error);
  }
}

describe('TestTokenIssuer', () => {
  it('issues valid tokens with the content that the test wants', async () => {
    const verifier = await tokens.verifier();
    expect(verifier.verify(tokens.token({ userId: 'ada', tenantId: 'acme' }))).toMatchObject({
      userId: 'ada',
      tenantId: 'acme',
      authenticated: true,
    });
    expect(verifier.verify(tokens.token({ authenticated: false }))).toMatchObject({
      userId: 'anonymous',
      authenticated: false,
    });
  });

  it('R82a: returns claims that count as verified', () => {
    expect(isVerified(tokens.claims())).toBe(true);
  });

  it('gives every token a unique id', () => {
    expect(tokens.claims().tokenId).not.toBe(tokens.claims().tokenId);
  });

  it.each([
    ['txn_expired', () => tokens.expired()],
    ['txn_not_yet_valid', () => tokens.notYetValid()],
    ['txn_signature', () => tokens.tampered()],
    ['txn_audience', () => tokens.wrongAudience()],
    ['txn_issuer', () => tokens.wrongIssuer()],
    ['txn_type', () => tokens.wrongType()],
    ['txn_key_unknown', () => tokens.unknownKey()],
    ['txn_claims_invalid', () => tokens.forged({ payload: { txn: undefined } })],
    ['accepted', () => tokens.forged({ payload: { unknown: true } })],
  ])('issues invalid tokens that are refused as %s', async (code, token) => {
    expect(await codeOf(token())).toBe(code);
  });

  it('R111: prints no key', () => {
    expect(inspect(tokens, { depth: 9, showHidden: true })).not.toMatch(/KeyObject|PRIVATE KEY|\bd: '/);
  });
});

@Controller()
class MeController {
  @Get('me')
  me(@InternalClaims('userId') userId: string) {
    return { userId };
  }
}

@Module({
  imports: [
    InternalTokenModule.forRoot({
      service: 'me',
      trustDomain: 'shop.example',
      keys: {
        source: {
          description: 'a gateway that no test can reach',
          load: () => Promise.reject(new Error('unreachable')),
        },
      },
    }),
  ],
  controllers: [MeController],
})
class RealModule {}

describe('An application under test, imported unchanged', () => {
  let app: INestApplication;
  const start = async (change: (builder: TestingModuleBuilder) => TestingModuleBuilder) => {
    const module = await change(Test.createTestingModule({ imports: [RealModule] })).compile();
    app = await module.createNestApplication({ logger: false }).init();
    return request(app.getHttpServer() as Parameters<typeof request>[0]);
  };
  afterEach(() => app.close());

  it('accepts the tokens of the test with one line: overrideProvider(InternalTokenVerifier)', async () => {
    const verifier = await tokens.verifier();
    const client = await start((builder) => builder.overrideProvider(InternalTokenVerifier).useValue(verifier));
    await client
      .get('/me')
      .set('Txn-Token', tokens.token({ userId: 'ada' }))
      .expect(200, { userId: 'ada' });
    await client.get('/me').expect(401);
  });
});
