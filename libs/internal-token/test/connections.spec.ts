import { Controller, Get, Injectable, type INestApplication } from '@nestjs/common';
import { connect } from 'node:net';
import { NoInternalToken, type SpanRecord, Tracer } from 'nestjs-internal-token';
import { type AdmissionRequest, RequestAdmission, TokenAdmission } from '../src/nest/index.js';
import { ADAPTERS, start } from './support/adapters.js';

let arrived = 0;
let admitNow: (() => void) | undefined;

@Controller()
@NoInternalToken()
class ThingsController {
  @Get('never')
  never() {
    arrived += 1;
    return new Promise(() => undefined);
  }

  @Get('quick')
  quick() {
    arrived += 1;
    return {};
  }
}

@Injectable()
class LateAdmission extends RequestAdmission {
  constructor(private readonly tokens: TokenAdmission) {
    super();
  }

  override async admit(request: AdmissionRequest): Promise<boolean> {
    await new Promise<void>((resolve) => (admitNow = resolve));
    return this.tokens.admit(request);
  }
}

const late = [LateAdmission, { provide: RequestAdmission, useExisting: LateAdmission }];
const turn = () => new Promise((resolve) => setImmediate(resolve));
const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: test\r\n\r\n`;

function recordSpans(app: INestApplication): SpanRecord[] {
  const spans: SpanRecord[] = [];
  app.get(Tracer).onEnd((record) => spans.push(record));
  return spans;
}

describe.each(ADAPTERS)('A connection that breaks on $adapter', (row) => {
  beforeEach(() => {
    arrived = 0;
    admitNow = undefined;
  });

  it('ends the spans of pipelined requests, also of those whose answer never had its turn', async () => {
    const { app, port } = await start(row, { controllers: [ThingsController] });
    const spans = recordSpans(app);
    const socket = connect(port, '127.0.0.1');
    socket.write(get('/never') + get('/quick').repeat(3));
    while (arrived < 4) await turn();
    socket.destroy();
    while (spans.length < 4) await turn();
    expect(spans.every(({ error }) => error instanceof Error)).toBe(true);
    await app.close();
  });

  it('keeps a handler from running for a caller who left while the request was being admitted', async () => {
    const { app, port } = await start(row, { controllers: [ThingsController], providers: late });
    const spans = recordSpans(app);
    const socket = connect(port, '127.0.0.1');
    socket.write(get('/quick'));
    while (admitNow === undefined) await turn();
    socket.destroy();
    while (spans.length < 1) await turn();
    admitNow();
    for (let i = 0; i < 20; i++) await turn();
    expect(arrived).toBe(0);
    await app.close();
  });

  it('answers 500 where something fails after a late admission, and lives on', async () => {
    const { app, url } = await start(row, { controllers: [ThingsController], providers: late });
    app.getHttpServer().prependOnceListener('request', () => {
      throw new Error('a listener of somebody else');
    });
    const answer = fetch(`${url}/quick`);
    while (admitNow === undefined) await turn();
    admitNow();
    expect((await answer).status).toBe(500);
    await app.close();
  });
});
