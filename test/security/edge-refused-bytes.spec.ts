import { Logger, type LoggerService } from '@nestjs/common';
import { type SpanRecord, Tracer } from 'nestjs-internal-token';
import { currentStore } from '../../libs/internal-token/src/nest/index.js';
import { endLine } from '../../libs/internal-token/src/logging/span-line.js';
import { EdgeGateway, problemIn } from '../support/edge-gateway.js';

interface Line {
  readonly level: string;
  readonly txn: string | undefined;
  readonly spanId: string | undefined;
  readonly text: string;
}

const lines: Line[] = [];
const noting = (level: string) => (text: unknown) => {
  const store = currentStore();
  lines.push({ level, txn: store?.txn, spanId: store?.span?.spanId, text: String(text) });
};
const listening: LoggerService = { log: noting('info'), warn: noting('warn'), error: noting('error') };

const POST = 'POST /catalog/echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n';

describe.each(['fastify', 'express'] as const)('unreadable requests in log and trace (%s)', (platform) => {
  let gateway: EdgeGateway;
  const spans: SpanRecord[] = [];

  beforeAll(async () => {
    gateway = await EdgeGateway.start({ platform });
    gateway.app.get(Tracer, { strict: false }).onEnd((span) => spans.push(span));
    Logger.overrideLogger(listening);
  });
  beforeEach(() => {
    lines.length = 0;
    spans.length = 0;
  });
  afterAll(async () => {
    Logger.overrideLogger(false);
    await gateway.close();
  });

  it.each([
    ['not HTTP', 'rubbish\r\n\r\n', 400, 'UNKNOWN'],
    ['CONNECT', 'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n', 405, 'CONNECT'],
    ['an unknown expectation', 'GET /orders HTTP/1.1\r\nHost: a\r\nExpect: miracles\r\n\r\n', 417, 'GET'],
    ['another version', 'GET /orders HTTP/2.0\r\nHost: a\r\n\r\n', 505, 'GET'],
    ['oversized headers', `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431, 'UNKNOWN'],
  ])('%s: ends one span and logs with the id the client is given', async (_name, bytes, status, op) => {
    const { responses } = await gateway.untilClosed(bytes);
    expect(responses).toHaveLength(1);
    const { request_id: txn } = problemIn(responses[0]!);
    expect(spans).toEqual([expect.objectContaining({ traceId: txn, kind: 'server', op, status })]);
    // No outsider can make this side look broken.
    expect(endLine(spans[0]!).level).toBe('info');
    expect(lines).toEqual([
      { level: 'warn', txn, spanId: spans[0]?.spanId, text: expect.stringMatching(/^refused: /) },
    ]);
  });

  it.each([
    ['an invalid chunk size', `${POST}Transfer-Encoding: chunked\r\n\r\n5\r\n{"a":\r\nzz\r\n`],
    ['a chunk longer than its size', `${POST}Transfer-Encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n`],
  ])('%s: answers under the id of the request whose body broke', async (_name, bytes) => {
    const { responses, closed } = await gateway.untilClosed(`GET /catalog/items HTTP/1.1\r\nHost: a\r\n\r\n${bytes}`);
    expect(closed).toBe(true);
    expect(responses.map(({ status }) => status)).toEqual([200, 400]);
    const { request_id: txn } = problemIn(responses[1]!);
    const server = spans.filter(({ kind, traceId }) => kind === 'server' && traceId === txn);
    expect(server).toEqual([expect.objectContaining({ op: 'POST /catalog/echo', status: 400 })]);
    const refusals = lines.filter(({ text }) => text.startsWith('refused: '));
    expect(refusals).toEqual([expect.objectContaining({ txn })]);
    expect(spans.map(({ spanId }) => spanId)).toContain(refusals[0]?.spanId);
  });
});
