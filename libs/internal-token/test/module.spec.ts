import { Controller, Get, type LoggerService, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { generateKeyPairSync } from 'node:crypto';
import { inspect } from 'node:util';
import {
  AnyScope,
  InternalTokenContext,
  InternalTokenModule,
  type InternalTokenOptions,
  InternalTokenVerifier,
  NoInternalToken,
  Public,
  RequirePermissions,
  RequireScope,
} from 'nestjs-internal-token';
import { TestTokenIssuer } from 'nestjs-internal-token/testing';
import { ADAPTERS, type Parts, start } from './support/adapters.js';

const [express] = ADAPTERS;
const tokens = new TestTokenIssuer();
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const privatePem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const publicPem = publicKey.export({ type: 'spki', format: 'pem' }).toString();

async function failureOf(parts: Parts): Promise<Error> {
  return start(express, parts).then(
    async ({ app }) => {
      await app.close();
      throw new Error('The application started');
    },
    (error: unknown) => error as Error,
  );
}

/** What the application logs at its start. */
class Listening implements LoggerService {
  readonly lines: string[] = [];
  readonly log = (line: unknown) => void this.lines.push(String(line));
  readonly warn = this.log;
  readonly error = this.log;
}

describe('Options of InternalTokenModule', () => {
  const wrong: [string, string, Record<string, unknown>][] = [
    ['R153: no trust domain', 'trustDomain', { trustDomain: undefined }],
    ['R153: no keys', 'keys', { keys: undefined }],
    ['no service', 'service', { service: '' }],
    ['R5: a symmetric algorithm', 'algorithms', { algorithms: ['HS256'] }],
    ['R5: the algorithm none', 'algorithms', { algorithms: ['none'] }],
    ['no algorithm', 'algorithms', { algorithms: [] }],
    ['R64: more than a minute of leeway', 'leewaySeconds', { leewaySeconds: 61 }],
    ['R76: a longer lifetime than 300 s', 'maxLifetimeSeconds', { maxLifetimeSeconds: 301 }],
    ['an option that does not exist', 'trustdomain', { trustdomain: 'x' }],
    ['refreshing too often', 'keys.refreshSeconds', { keys: { ...tokens.keys, refreshSeconds: 0.01 } }],
    ['a seed file that is no path', 'keys.seedFile', { keys: { ...tokens.keys, seedFile: '' } }],
    ['a cache of nothing', 'tokenCache', { tokenCache: { maxEntries: 0 } }],
    ['an unknown replay option', 'replay.handlers', { replay: { handlers: 'some' } }],
    ['an unknown replay option', 'replay.onFailure', { replay: { onFailure: 'ignore' } }],
    ['a replay store that may take for ever', 'replay.timeoutMs', { replay: { timeoutMs: Infinity } }],
    ['R120: an audit record with claims at will', 'audit.include', { audit: { include: ['permissions'] } }],
    ['R211: a path that opens everything', 'openPaths', { openPaths: ['/docs', '/*'] }],
    ['R211: an internal path', 'openPaths', { openPaths: ['/INTERNAL/*'] }],
    ['R211: a pattern', 'openPaths', { openPaths: ['/docs/:page'] }],
    ['R49: a private key', 'keys.publicKeys[0].key', { keys: { publicKeys: [{ key: privatePem }] } }],
  ];

  it.each(wrong)('stops the start and names the option: %s', async (_name, option, options) => {
    const error = await failureOf({ options: options as Partial<InternalTokenOptions> });
    expect(error).toMatchObject({ code: 'configuration_invalid' });
    expect(error.message).toContain(option);
    expect(inspect(error, { depth: 9 })).not.toContain(privatePem.split('\n')[1]);
  });

  it.each([
    ['PEM', { publicKeys: [{ key: publicPem }] }],
    ['several PEMs', { publicKeys: [{ key: publicPem }, { key: publicPem, keyId: 'again' }] }],
    ['a source of their own', tokens.keys],
  ] as const)('R109: take keys from %s', async (_name, keys) => {
    const { app } = await start(express, { options: { keys } });
    await app.close();
  });

  it('count only once: a second import of the module stops the start', async () => {
    const again = InternalTokenModule.forRoot({ service: 'again', trustDomain: 'test', keys: tokens.keys });
    const error = await failureOf({ imports: [again] });
    expect(error).toMatchObject({ code: 'configuration_invalid' });
    expect(error.message).toContain('InternalTokenModule is imported 2 times');
  });

  it('may come from a factory, also in an application without HTTP', async () => {
    @Module({
      imports: [
        InternalTokenModule.forRootAsync({
          useFactory: async () => ({ service: 'orders', trustDomain: 'test', keys: tokens.keys }),
        }),
      ],
    })
    class Root {}
    const app = await NestFactory.createApplicationContext(Root, { logger: false });
    expect(app.get(InternalTokenVerifier, { strict: false }).verify(tokens.token())).toMatchObject({
      userId: 'test-user',
    });
    const context = app.get(InternalTokenContext, { strict: false });
    expect(context.run(tokens.claims({ userId: 'job' }), () => context.claims.userId)).toBe('job');
    await app.close();
  });
});

@Controller('undecided')
class UndecidedController {
  @Get()
  @RequireScope('a')
  decided() {}

  @Get('also')
  @AnyScope()
  also() {}

  @Get('public')
  @Public()
  nobodyDecided() {}

  @Post(':id')
  norHere() {}
}

@Controller('health')
@NoInternalToken()
class HealthController {
  @Get()
  live() {}
}

@Controller('contradiction')
class ContradictingController {
  @Get()
  @NoInternalToken()
  @RequirePermissions('a')
  both() {}
}

describe('The check of every handler at the start', () => {
  it('R44: refuses handlers without a scope policy, naming each and the fix', async () => {
    const error = await failureOf({
      controllers: [UndecidedController, HealthController],
      options: { requireScopePolicy: true },
    });
    expect(error).toMatchObject({ code: 'configuration_invalid' });
    expect(error.message).toContain('UndecidedController.nobodyDecided (GET /undecided/public)');
    expect(error.message).toContain('UndecidedController.norHere (POST /undecided/:id)');
    expect(error.message).toContain('@RequireScope("…")');
    expect(error.message).not.toMatch(/\.decided|\.also|HealthController/);
  });

  it('R44: accepts handlers without a scope policy if none is required', async () => {
    const { app } = await start(express, { controllers: [UndecidedController] });
    await app.close();
  });

  it('R77: lists the handlers that need no token', async () => {
    const logger = new Listening();
    const { app } = await start(express, { controllers: [HealthController], logger });
    expect(logger.lines).toContainEqual(expect.stringContaining('HealthController.live (GET /health)'));
    await app.close();
  });

  it('refuses a handler that needs no token but requires a permission', async () => {
    const error = await failureOf({ controllers: [ContradictingController] });
    expect(error.message).toContain('ContradictingController.both');
  });
});
