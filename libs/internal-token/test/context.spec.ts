import { Controller, Get, Injectable, Post, type Type } from '@nestjs/common';
import { ClsService } from 'nestjs-cls';
import { EventEmitter, once } from 'node:events';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { setImmediate as immediate, setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';
import { InternalClaims, InternalTokenContext, type VerifiedClaims } from 'nestjs-internal-token';
import { enterStore } from '../src/nest/context/internal-token-store.js';
import { INTERNAL_TOKEN_STORE, isVerified } from '../src/nest/index.js';
import { ADAPTERS, type Running, start } from './support/adapters.js';

@Injectable()
class Service {
  readonly #emitter = new EventEmitter();
  /** What fire-and-forget work saw long after its request was answered. */
  readonly later: Promise<string>[] = [];

  constructor(
    private readonly context: InternalTokenContext,
    private readonly cls: ClsService,
  ) {
    this.#emitter.on('ask', (tell: (user: string) => void) => tell(this.user()));
  }

  user(): string {
    return this.context.claims.userId;
  }

  async everywhere(): Promise<Record<string, string[]>> {
    const sync = this.user();
    await immediate();
    const afterAwait = this.user();
    const together = await Promise.all([1, 2, 3].map(async (ms) => (await delay(ms), this.user())));
    const timer = await new Promise<string>((resolve) => setTimeout(() => resolve(this.user()), 1));
    const event = await new Promise<string>((resolve) => this.#emitter.emit('ask', resolve));
    const stream: string[] = [];
    for await (const _chunk of Readable.from(['a', 'b'])) stream.push(this.user());
    return { users: [sync, afterAwait, ...together, timer, event, ...stream] };
  }

  forget(): void {
    this.later.push(delay(20).then(() => this.user()));
  }

  throughCls(): unknown {
    const store: unknown = this.cls.get(INTERNAL_TOKEN_STORE);
    return { txn: this.cls.get(`${INTERNAL_TOKEN_STORE}.txn`), claims: (store as { claims: VerifiedClaims }).claims };
  }

  requirePayment(): void {
    this.context.require('orders:pay');
    this.context.requireScope('orders.write', 'orders.admin');
  }
}

@Controller('context')
class ContextController {
  constructor(
    private readonly service: Service,
    private readonly context: InternalTokenContext,
  ) {}

  @Get('everywhere')
  everywhere() {
    return this.service.everywhere();
  }

  @Get('forget')
  forget() {
    this.service.forget();
    return {};
  }

  @Get('cls')
  cls() {
    return this.service.throughCls();
  }

  @Get('pay')
  pay() {
    this.service.requirePayment();
    return { paid: true };
  }

  @Get('echo')
  async echo(@InternalClaims('userId') before: string) {
    await delay(Math.random() * 5);
    return { before, after: this.context.claims.userId, txn: this.context.txn };
  }

  @Post('body')
  body() {
    return { user: this.service.user(), txn: this.context.txn };
  }
}

describe.each(ADAPTERS)('The context on $adapter', (row) => {
  let running: Running;
  let context: InternalTokenContext;

  beforeAll(async () => {
    running = await start(row, { controllers: [ContextController as Type], providers: [Service] });
    context = running.app.get(InternalTokenContext);
  });
  afterAll(() => running.app.close());

  const as = (userId: string) => running.tokens.token({ userId });

  it('R95: the context survives await, Promise.all, timers, events and streams', async () => {
    const response = await running.get('/context/everywhere', as('ada'));
    const { users } = (await response.json()) as { users: string[] };
    expect(new Set(users)).toEqual(new Set(['ada']));
    expect(users).toHaveLength(9);
  });

  it('R95: the context survives in work that outlives the answer', async () => {
    await running.get('/context/forget', as('grace'));
    await running.get('/context/forget', as('alan'));
    expect(await Promise.all(running.app.get(Service).later)).toEqual(['grace', 'alan']);
  });

  it('R94: 200 interleaved users are never mixed up', async () => {
    const users = Array.from({ length: 200 }, (_, i) => `user-${i}`);
    const answers = await Promise.all(
      users.map(async (user) => (await running.get('/context/echo', as(user))).json() as Promise<unknown>),
    );
    expect(answers).toEqual(users.map((user) => expect.objectContaining({ before: user, after: user })));
    expect(new Set(answers.map((answer) => (answer as { txn: string }).txn)).size).toBe(200);
  });

  it('requests on one persistent connection share no context', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ask = async (token?: string) => {
      const headers = token === undefined ? {} : { 'Txn-Token': token };
      const sent = request(`${running.url}/context/echo`, { agent, headers }).end();
      const [response] = (await once(sent, 'response')) as [NodeJS.ReadableStream & { statusCode: number }];
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk as Buffer);
      return { status: response.statusCode, body: JSON.parse(Buffer.concat(chunks).toString()) as unknown };
    };
    expect(await ask(as('ada'))).toMatchObject({ status: 200, body: { after: 'ada' } });
    expect(await ask()).toMatchObject({ status: 401, body: { code: 'txn_missing' } });
    expect(await ask(as('alan'))).toMatchObject({ status: 200, body: { after: 'alan' } });
    agent.destroy();
  });

  it('pipelined requests share no context', async () => {
    const line = (token: string) => `GET /context/echo HTTP/1.1\r\nHost: x\r\n${token}\r\n`;
    const socket = connect(running.port, '127.0.0.1');
    socket.write(
      line(`Txn-Token: ${as('ada')}\r\n`) + line('') + line(`Txn-Token: ${as('alan')}\r\nConnection: close\r\n`),
    );
    let text = '';
    for await (const chunk of socket) text += String(chunk);
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 401', 'HTTP/1.1 200']);
    expect(text.match(/"after":"(\w+)"/g)).toEqual(['"after":"ada"', '"after":"alan"']);
  });

  it('a body that arrives in slow pieces keeps the context', async () => {
    const { tokenId } = running.tokens.claims();
    const sent = request(`${running.url}/context/body`, {
      method: 'POST',
      headers: { 'Txn-Token': running.tokens.token({ userId: 'ada', tokenId }), 'Content-Type': 'application/json' },
    });
    for (const piece of ['{"a":', '"', 'x'.repeat(70_000), '"', '}']) {
      sent.write(piece);
      await running.get('/context/echo', as('somebody-else'));
    }
    sent.end();
    const [response] = (await once(sent, 'response')) as [NodeJS.ReadableStream];
    let text = '';
    for await (const chunk of response) text += String(chunk);
    expect(JSON.parse(text)).toEqual({ user: 'ada', txn: tokenId });
  });

  it('the context is the same store that ClsService sees', async () => {
    const response = await running.get('/context/cls', as('ada'));
    const { txn, claims } = (await response.json()) as { txn: string; claims: { tokenId: string; userId: string } };
    expect(claims.userId).toBe('ada');
    expect(txn).toBe(claims.tokenId);
  });

  it('require() and requireScope() refuse with 403 in services too', async () => {
    const ask = async (permissions: string[], scope: string) =>
      (await (await running.get('/context/pay', running.tokens.token({ permissions, scope }))).json()) as unknown;
    expect(await ask(['orders:pay'], 'orders.admin')).toEqual({ paid: true });
    expect(await ask([], 'orders.admin')).toMatchObject({ status: 403, code: 'txn_permission' });
    expect(await ask(['orders:pay'], 'orders.read')).toMatchObject({ status: 403, code: 'txn_scope' });
  });

  it('R97: there are no claims and no id outside a request', () => {
    expect(() => context.claims).toThrow(expect.objectContaining({ code: 'txn_no_context' }));
    expect(() => context.require('a')).toThrow(expect.objectContaining({ code: 'txn_no_context' }));
    expect(context.txn).toBeUndefined();
  });

  it('run() provides claims to work without a request, and to nothing after it', async () => {
    const claims = running.tokens.claims({ userId: 'nightly' });
    const seen = await context.run(claims, async () => {
      await immediate();
      return { same: context.claims === claims, txn: context.txn };
    });
    expect(seen).toEqual({ same: true, txn: claims.tokenId });
    expect(context.txn).toBeUndefined();
  });

  it('run() starts a context that shares nothing with the surrounding one', () => {
    const cls = running.app.get<ClsService>(ClsService, { strict: false });
    const leaked = cls.runWith({ secret: 'of another user' } as never, () =>
      context.run(running.tokens.claims(), () => cls.get('secret') as unknown),
    );
    expect(leaked).toBeUndefined();
  });

  it.each([
    ['a copy', (claims: VerifiedClaims) => ({ ...claims })],
    ['a JSON round trip', (claims: VerifiedClaims) => JSON.parse(JSON.stringify(claims)) as unknown],
    ['an object that inherits from the claims instead', (claims: VerifiedClaims) => Object.create(claims) as unknown],
    ['a proxy', (claims: VerifiedClaims) => new Proxy(claims, {})],
    ['nothing', () => undefined],
  ])('R82a: run() refuses %s of verified claims', (_name, make) => {
    const lookalike = make(running.tokens.claims()) as VerifiedClaims;
    expect(isVerified(lookalike)).toBe(false);
    expect(() => context.run(lookalike, () => 'ran')).toThrow(expect.objectContaining({ code: 'txn_no_context' }));
  });

  it('R82a: claims that were put into the store by hand do not count', () => {
    const cls = running.app.get<ClsService>(ClsService, { strict: false });
    const claims = { ...running.tokens.claims({ userId: 'admin' }) };
    const store = { txn: claims.tokenId, claims };
    const refused = expect.objectContaining({ code: 'txn_no_context' });
    expect(() => enterStore(store, () => context.claims)).toThrow(refused);
    expect(() => cls.runWith({ [INTERNAL_TOKEN_STORE]: store } as never, () => context.claims)).toThrow(refused);
  });

  it('R111, R115: printing the context, the store or the claims shows no token', async () => {
    const token = running.tokens.token();
    const claims = await (await running.tokens.verifier()).verify(token);
    const cls = running.app.get<ClsService>(ClsService, { strict: false });
    const printed = context.run(claims, () =>
      inspect([context, cls.get(), claims, running.app.get(Service)], { depth: 12, showHidden: true }),
    );
    expect(printed).toContain(claims.tokenId);
    for (const part of token.split('.')) expect(printed).not.toContain(part);
    expect(JSON.stringify([context, claims])).not.toContain('eyJ');
  });
});
