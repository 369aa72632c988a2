import { HttpModule, HttpService } from '@nestjs/axios';
import { Controller, Get, Injectable, Post, type Type, UploadedFile, UseInterceptors } from '@nestjs/common';
import { FileInterceptor } from '@nestjs/platform-express';
import { EventEmitter } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setImmediate as immediate, setTimeout as delay } from 'node:timers/promises';
import { concatMap, delay as later, firstValueFrom, from, mergeMap, retry, throwError, timer, toArray } from 'rxjs';
import { InternalTokenContext } from 'nestjs-internal-token';
import { InternalTokenHttpModule } from 'nestjs-internal-token/http';
import { ADAPTERS, type Running, start } from './support/adapters.js';
import { Listener, userOf } from './support/outgoing.js';

const peer = new Listener();

@Injectable()
class Caller {
  readonly #emitter = new EventEmitter();
  /** Work that outlives its request. */
  readonly forgotten: Promise<unknown>[] = [];

  constructor(
    private readonly http: HttpService,
    private readonly context: InternalTokenContext,
  ) {
    this.#emitter.on('call', (how: string, done: (called: Promise<unknown>) => void) => done(this.call(how)));
  }

  /** Names in the path the user on whose behalf the call is made. */
  async call(how: string): Promise<void> {
    const response = await fetch(`${peer.origin}/${how}/${this.context.claims.userId}`);
    await response.text();
  }

  async everyWay(): Promise<void> {
    const get = (how: string) => this.http.get(`${peer.origin}/${how}/${this.context.claims.userId}`);
    await this.call('directly');
    await immediate();
    await this.call('await');
    await Promise.all([1, 2, 3].map(async (ms) => (await delay(ms), this.call('all'))));
    await new Promise<void>((resolve) => setTimeout(() => void this.call('timer').then(resolve), 1));
    await new Promise<void>((resolve) => queueMicrotask(() => void this.call('microtask').then(resolve)));
    await new Promise((resolve) => this.#emitter.emit('call', 'event', resolve));
    for await (const _chunk of Readable.from(['a', 'b'])) await this.call('stream');
    const through = new PassThrough();
    await pipeline(Readable.from(['a']), through, async (source) => {
      for await (const _chunk of source) await this.call('pipeline');
    });
    await firstValueFrom(timer(1).pipe(mergeMap(() => get('rxjs-timer'))));
    await firstValueFrom(from(['rxjs-a', 'rxjs-b']).pipe(later(1), concatMap(get), toArray()));
    let failures = 0;
    const flaky = timer(1).pipe(
      mergeMap(() => (failures++ < 1 ? throwError(() => new Error('once')) : get('rxjs-retry'))),
    );
    await firstValueFrom(flaky.pipe(retry({ count: 2, delay: 1 })));
  }

  forget(): void {
    this.forgotten.push(delay(30).then(() => this.call('forgotten')));
  }
}

@Controller('calls')
class CallsController {
  constructor(private readonly caller: Caller) {}

  @Get('every-way')
  async everyWay() {
    await this.caller.everyWay();
    return {};
  }

  @Get('forget')
  forget() {
    this.caller.forget();
    return {};
  }

  @Post('body')
  async body() {
    await this.caller.call('body');
    return {};
  }
}

@Controller('uploads')
class UploadsController {
  constructor(private readonly caller: Caller) {}

  @Post()
  @UseInterceptors(FileInterceptor('file'))
  async upload(@UploadedFile() file: { size: number }) {
    await this.caller.call('upload');
    return { size: file.size };
  }
}

describe.each(ADAPTERS)('Outgoing calls of a handler on $adapter', (row) => {
  let running: Running;

  beforeAll(async () => {
    await peer.listen();
    running = await start(row, {
      imports: [InternalTokenHttpModule.forRoot({ internalOrigins: [peer.origin] }), HttpModule.register({})],
      controllers: [CallsController as Type, ...(row.adapter === 'Express' ? [UploadsController as Type] : [])],
      providers: [Caller],
    });
  });
  afterAll(async () => {
    await running.app.close();
    peer.close();
  });
  beforeEach(() => void (peer.received.length = 0));

  const users = ['ada', 'alan', 'grace', 'edsger'];
  const as = (userId: string) => running.tokens.token({ userId });
  const expectEveryCallAsItself = () => {
    for (const { url, token } of peer.received) expect(`${url.split('/')[2]} ${userOf(token)}`).toMatch(/^(\w+) \1$/);
  };

  it('R94, R95: carry the token of their own request, however the code gets there', async () => {
    const answers = await Promise.all(users.map((user) => running.get('/calls/every-way', as(user))));
    expect(answers.map(({ status }) => status)).toEqual(users.map(() => 200));
    expectEveryCallAsItself();
    const ways = ['directly', 'await', 'all', 'timer', 'microtask', 'event', 'stream', 'pipeline'];
    const observed = ['rxjs-timer', 'rxjs-a', 'rxjs-b', 'rxjs-retry'];
    expect(new Set(peer.received.map(({ url }) => url.split('/')[1]))).toEqual(new Set([...ways, ...observed]));
  });

  it('R95: carry the token in work that outlives the answer', async () => {
    await Promise.all(users.map((user) => running.get('/calls/forget', as(user))));
    await Promise.all(running.app.get(Caller).forgotten.splice(0));
    expect(peer.received).toHaveLength(users.length);
    expectEveryCallAsItself();
  });

  it('R95: carry the token after a body that came in pieces', async () => {
    await Promise.all(
      users.map((user) =>
        fetch(`${running.url}/calls/body`, {
          method: 'POST',
          headers: { 'Txn-Token': as(user), 'Content-Type': 'application/json' },
          body: Readable.toWeb(
            Readable.from([Buffer.from('{"a":"'), Buffer.alloc(90_000, 'x'), Buffer.from('"}')]),
          ) as never,
          duplex: 'half',
        } as RequestInit),
      ),
    );
    expect(peer.received).toHaveLength(users.length);
    expectEveryCallAsItself();
  });

  if (row.adapter === 'Express') {
    it('R95: carry the token after an upload', async () => {
      const answers = await Promise.all(
        users.map(async (user) => {
          const body = new FormData();
          body.set('file', new Blob(['x'.repeat(200_000)]), 'large.txt');
          const headers = { 'Txn-Token': as(user) };
          return (await fetch(`${running.url}/uploads`, { method: 'POST', headers, body })).json();
        }),
      );
      expect(answers).toEqual(users.map(() => ({ size: 200_000 })));
      expect(peer.received).toHaveLength(users.length);
      expectEveryCallAsItself();
    });
  }
});
