import { HttpModule, HttpService } from '@nestjs/axios';
import { Controller, Get, Headers, Inject, type Type } from '@nestjs/common';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { setImmediate as immediate } from 'node:timers/promises';
import { firstValueFrom } from 'rxjs';
import { request as undiciRequest } from 'undici';
import { type SpanRecord, Tracer } from 'nestjs-internal-token';
import { InternalTokenHttpModule } from 'nestjs-internal-token/http';
import { TestTokenIssuer } from 'nestjs-internal-token/testing';
import { ADAPTERS, type Running, start } from './support/adapters.js';
import { clientSpans } from './support/outgoing.js';

interface Hop {
  readonly token: string;
  readonly traceparent: string;
}

const NEXT = 'NEXT';

/** Reports what it received and calls the next service. */
@Controller()
class HopController {
  constructor(
    @Inject(NEXT) private readonly next: string | undefined,
    private readonly http: HttpService,
  ) {}

  @Get('by/:client')
  async hop(@Headers('txn-token') token: string, @Headers('traceparent') traceparent: string) {
    const rest = this.next === undefined ? [] : await this.#ask(this.next);
    return [{ token, traceparent }, ...rest];
  }

  /** Each hop uses another client, named in its URL. */
  async #ask(next: string): Promise<Hop[]> {
    const url = new URL(next).href;
    if (url.endsWith('fetch')) return (await (await fetch(url)).json()) as Hop[];
    if (url.endsWith('axios')) return (await firstValueFrom(this.http.get<Hop[]>(url))).data;
    if (url.endsWith('undici')) return (await (await undiciRequest(url)).body.json()) as Hop[];
    const [response] = (await once(httpRequest(url).end(), 'response')) as [NodeJS.ReadableStream];
    let text = '';
    for await (const chunk of response) text += String(chunk);
    return JSON.parse(text) as Hop[];
  }
}

describe.each(ADAPTERS)('A chain of services on $adapter', (row) => {
  const tokens = new TestTokenIssuer();
  const services: Running[] = [];
  const records: SpanRecord[][] = [];

  beforeAll(async () => {
    let next: string | undefined;
    for (const [i, client] of ['node', 'undici', 'axios', 'fetch', 'test'].entries()) {
      const internalOrigins = next === undefined ? {} : { [`service-${i}`]: new URL(next).origin };
      const running = await start(row, {
        imports: [InternalTokenHttpModule.forRoot({ internalOrigins }), HttpModule.register({})],
        controllers: [HopController as Type],
        providers: [{ provide: NEXT, useValue: next }],
        options: { keys: tokens.keys },
      });
      const heard: SpanRecord[] = [];
      running.app.get(Tracer).onEnd((record) => heard.push(record));
      services.unshift(running);
      records.unshift(heard);
      next = `${running.url}/by/${client}`;
    }
  });
  afterAll(() => Promise.all(services.map(({ app }) => app.close())));

  it('R89, R124: passes on the same token at depth 4, with one trace whose spans are connected', async () => {
    const claims = tokens.claims({ userId: 'ada' });
    const token = tokens.token({ userId: 'ada', tokenId: claims.tokenId });
    const entry = `00-${claims.tokenId}-${'a'.repeat(16)}-03`;
    const answer = await services[0]?.get('/by/test', token, { traceparent: entry });
    const hops = (await answer?.json()) as Hop[];
    expect(hops.map((hop) => hop.token)).toEqual([token, token, token, token, token]);

    const traces = hops.map((hop) => hop.traceparent.split('-'));
    expect(traces.map(([version, trace, , flags]) => [version, trace, flags])).toEqual(
      traces.map(() => ['00', claims.tokenId, '03']),
    );
    expect(new Set(traces.map(([, , parent]) => parent)).size).toBe(5);

    // The parent of each hop is the client span of the previous hop, which is a child of that hop's server span.
    while (!records.every((heard) => heard.some(({ kind }) => kind === 'server'))) await immediate();
    for (let i = 0; i < 4; i++) {
      const [client] = clientSpans(records[i] ?? []);
      const server = records[i]?.find(({ kind }) => kind === 'server');
      const next = records[i + 1]?.find(({ kind }) => kind === 'server');
      expect(client).toMatchObject({ peer: `service-${4 - i}`, op: `GET service-${4 - i}`, status: 200 });
      expect(client?.parentSpanId).toBe(server?.spanId);
      expect(next?.parentSpanId).toBe(client?.spanId);
      expect(client?.spanId).toBe(traces[i + 1]?.[2]);
    }
  });
});
