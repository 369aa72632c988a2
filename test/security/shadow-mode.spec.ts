import { Controller, Get, Logger, Post } from '@nestjs/common';
import { jest } from '@jest/globals';
import {
  AnyScope,
  InternalClaims,
  InternalTokenContext,
  InternalTokenError,
  type InternalTokenOptions,
  NoInternalToken,
  Public,
  RequirePermissions,
  RequireScope,
  EnforcementMode,
} from 'nestjs-internal-token';
import { ADAPTERS, type Running, start } from '../../libs/internal-token/test/support/adapters.js';

/** What the context gave to handlers that run without claims. */
const seen: unknown[] = [];

@Controller('things')
class ThingsController {
  constructor(private readonly context: InternalTokenContext) {}

  @Get()
  @AnyScope()
  list() {
    try {
      seen.push(this.context.claims);
    } catch (error) {
      seen.push((error as InternalTokenError).code);
    }
    return { listed: true };
  }

  @Post()
  create() {
    return { created: true };
  }

  @Get('who')
  who(@InternalClaims() claims: object) {
    return claims;
  }

  @Get('name')
  @Public()
  name(@InternalClaims('userId') userId: string) {
    return { userId };
  }

  @Get('scoped')
  @RequireScope('things.read')
  scoped() {
    return {};
  }

  @Get('permitted')
  @RequirePermissions('things:read')
  permitted() {
    return {};
  }

  @Get('strict')
  @EnforcementMode('strict')
  strict() {
    return {};
  }
}

@Controller('marked')
@EnforcementMode('shadow')
class MarkedController {
  @Post()
  shadowed() {
    return {};
  }

  @Post('presence')
  @EnforcementMode('presence')
  present() {
    return {};
  }
}

@Controller('strict')
class StrictController {
  @Post()
  strict() {
    return {};
  }
}

@Controller('health')
class HealthController {
  @Get()
  @NoInternalToken()
  live() {
    return {};
  }
}

const TOMORROW = () => new Date(Date.now() + 24 * 60 * 60 * 1000);

describe.each(ADAPTERS)('enforcement modes that admit unverified requests, on $adapter', (row) => {
  const open: Running[] = [];
  const lines: string[] = [];
  beforeEach(() => {
    seen.length = 0;
    lines.length = 0;
    jest.spyOn(Logger.prototype, 'warn').mockImplementation((line) => void lines.push(String(line)));
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    for (const { app } of open.splice(0)) await app.close();
  });
  const service = async (
    options: Partial<InternalTokenOptions>,
    controllers = [ThingsController, HealthController],
  ) => {
    const running = await start(row, { controllers: controllers as never[], options });
    open.push(running);
    return running;
  };
  const codeOf = async (response: Response) => ((await response.json()) as { code?: string }).code ?? response.status;
  const shadow = { mode: 'shadow', allowUnverifiedUntil: TOMORROW() } as const;
  const presence = { mode: 'presence', allowUnverifiedUntil: TOMORROW() } as const;

  const forgeries = ({ tokens }: Running): readonly [string, string][] => [
    ['txn_signature', tokens.tampered({ userId: 'admin' })],
    ['txn_expired', tokens.expired({ userId: 'admin' })],
    ['txn_audience', tokens.wrongAudience()],
    ['txn_issuer', tokens.wrongIssuer()],
    ['txn_type', tokens.wrongType()],
    ['txn_key_unknown', tokens.unknownKey()],
    ['txn_malformed', 'nonsense'],
  ];

  it('R82, R149: runs a handler that needs no claims in shadow mode, and gives it none', async () => {
    const running = await service(shadow);
    for (const [, token] of [...forgeries(running), ['', undefined] as const]) {
      expect(await codeOf(await running.get('/things', token))).toBe(200);
    }
    expect(seen).toEqual(Array.from({ length: 8 }, () => 'txn_no_context'));
  });

  it('R149: refuses a missing token in presence mode, and admits an invalid one', async () => {
    const running = await service(presence);
    expect(await codeOf(await running.get('/things'))).toBe('txn_missing');
    for (const [, token] of forgeries(running)) expect(await codeOf(await running.get('/things', token))).toBe(200);
    expect(new Set(seen)).toEqual(new Set(['txn_no_context']));
  });

  it.each(['/things/who', '/things/name', '/things/scoped', '/things/permitted', '/things/strict'])(
    'R81, R82: refuses %s as in strict mode, since its handler asks for claims or for strict mode',
    async (path) => {
      const running = await service(shadow);
      for (const [code, token] of forgeries(running)) {
        const response = await running.get(path, token);
        expect([response.status, await codeOf(response)]).toEqual([401, code]);
      }
      expect(await codeOf(await running.get(path))).toBe('txn_missing');
      expect(lines.filter((line) => line.includes('runs without claims'))).toEqual([]);
    },
  );

  it('R82: treats a valid token as in strict mode, including refusals with 403', async () => {
    const running = await service(shadow);
    const token = running.tokens.token({ userId: 'ada' });
    expect(await (await running.get('/things/who', token)).json()).toMatchObject({ userId: 'ada' });
    expect(await codeOf(await running.get('/things/permitted', token))).toBe('txn_permission');
    expect(await codeOf(await running.get('/things/scoped', token))).toBe('txn_scope');
    expect(await codeOf(await running.get('/things', running.tokens.token({ authenticated: false })))).toBe(
      'txn_scope',
    );
  });

  it('R88: admits nobody without keys, in any mode', async () => {
    const away = { description: 'away', load: () => Promise.reject(new Error('away')) };
    const running = await service({ ...shadow, keys: { source: away } });
    expect(await codeOf(await running.get('/things', running.tokens.token()))).toBe('txn_keys_not_ready');
    const post = await fetch(`${running.url}/things`, {
      method: 'POST',
      headers: { 'Txn-Token': running.tokens.token() },
      body: 'x',
    });
    expect(post.status).toBe(503);
  });

  it("R113a: refuses a body early only if no handler's mode could admit the request", async () => {
    const post = ({ url }: Running, path: string, token?: string) =>
      fetch(`${url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(token !== undefined && { 'Txn-Token': token }) },
        body: '{}',
      }).then(codeOf);
    const shadowed = await service(shadow);
    expect(await post(shadowed, '/things')).toBe(201);
    const mixed = await service({ allowUnverifiedUntil: TOMORROW() }, [MarkedController, StrictController] as never);
    expect(await post(mixed, '/marked')).toBe(201);
    expect(await post(mixed, '/marked/presence')).toBe('txn_missing');
    expect(await post(mixed, '/marked/presence', 'nonsense')).toBe(201);
    expect(await post(mixed, '/strict')).toBe('txn_missing');
    expect(await post(mixed, '/strict', 'nonsense')).toBe('txn_malformed');
    const presentOnly = await service(presence);
    expect(await post(presentOnly, '/things')).toBe('txn_missing');
  });

  it('R82: turns strict at its end date, even in a running process', async () => {
    const until = TOMORROW();
    const running = await service({ mode: 'shadow', allowUnverifiedUntil: until });
    expect(await codeOf(await running.get('/things'))).toBe(200);
    jest.spyOn(Date, 'now').mockReturnValue(until.getTime());
    expect(await codeOf(await running.get('/things'))).toBe('txn_missing');
  });

  it('R82: starts strict after its end date, and says so', async () => {
    const running = await service({ mode: 'shadow', allowUnverifiedUntil: '2026-01-01' });
    expect(await codeOf(await running.get('/things'))).toBe('txn_missing');
    expect(lines.join()).toMatch(/"shadow" was allowed until 2026-01-01T00:00:00.000Z, which has passed/);
  });

  it('R82: ignores @EnforcementMode() without an end date, and says so at start', async () => {
    const running = await service({}, [MarkedController] as never);
    expect(await codeOf(await fetch(`${running.url}/marked`, { method: 'POST' }))).toBe('txn_missing');
    expect(lines.join()).toMatch(/MarkedController\.shadowed \(shadow\).*has no effect/);
  });

  it.each([
    ['mode', { mode: 'shadow' }],
    ['mode', { mode: 'presence' }],
    ['mode', { mode: 'off' }],
    ['allowUnverifiedUntil', { mode: 'shadow', allowUnverifiedUntil: 'soon' }],
    ['allowUnverifiedUntil', { mode: 'shadow', allowUnverifiedUntil: '' }],
    ['allowUnverifiedUntil', { mode: 'shadow', allowUnverifiedUntil: new Date(Date.now() + 91 * 24 * 3_600_000) }],
  ])('R82: fails to start with an invalid %s: %j', async (option, options) => {
    await expect(service(options as never)).rejects.toMatchObject({
      code: 'configuration_invalid',
      message: expect.stringContaining(`"${option}"`),
    });
  });

  it('R149: counts every unverified request, logs the first per handler and code, and warns at start', async () => {
    const running = await service(shadow);
    for (let request = 0; request < 3; request++) await running.get('/things', running.tokens.expired());
    await running.get('/things');
    expect(lines.filter((line) => line.startsWith('Mode "shadow"'))).toHaveLength(1);
    expect(lines.filter((line) => line.startsWith('ThingsController.list'))).toEqual([
      'ThingsController.list runs without claims (mode shadow): txn_expired. Further ones are counted.',
      'ThingsController.list runs without claims (mode shadow): txn_missing. Further ones are counted.',
    ]);
    expect(lines.join()).not.toContain('eyJ');
  });
});
