import { asUnderstood, withoutEmptyLists } from '../../../../../test/support/otlp/otlp-schema.js';
import { SpanReceiver } from '../../../../../test/support/otlp/span-receiver.js';
import { reportedSpan, traceReport } from '../../../../../test/support/otlp/trace-reports.js';
import type { ReportedSpan, TraceReport } from '../report.js';
import type { OtlpRequest } from './otlp.js';
import { postSpans } from './post-spans.js';
import { PostError } from './post-error.js';
import type { PostTarget } from './post-target.js';
import { toZipkin, type ZipkinSpan } from './zipkin.js';

/** One request with this number of spans. */
function traceOf(count: number, given: Partial<ReportedSpan> = {}): TraceReport {
  const ids = Array.from({ length: count }, (_, index) => (index + 1).toString(16).padStart(16, '0'));
  return traceReport({ spans: ids.map((id) => reportedSpan({ ...given, id })) });
}

function idsIn(body: unknown): string[] {
  return (body as OtlpRequest).resourceSpans.flatMap(({ scopeSpans }) =>
    scopeSpans[0].spans.map(({ spanId }) => spanId),
  );
}

describe('postSpans', () => {
  let receiver: SpanReceiver;
  beforeEach(async () => (receiver = await SpanReceiver.start()));
  afterEach(() => receiver.stop());

  const failure = async (target: PostTarget, traces = [traceOf(1)]): Promise<PostError> => {
    const error: unknown = await postSpans(traces, target).catch((thrown: unknown) => thrown);
    if (!(error instanceof PostError)) throw new Error('not a PostError', { cause: error });
    return error;
  };

  it('sends what an OpenTelemetry collector parses in full', async () => {
    const trace = traceOf(3, { op: 'GET /items/:id', notes: traceOf(1).strayNotes });
    expect(await postSpans([trace], { url: receiver.url })).toEqual({
      to: `${receiver.url}/v1/traces`,
      requests: 1,
      accepted: 3,
      rejected: 0,
      remarks: [],
    });
    const [posted] = receiver.posted;
    expect(posted).toMatchObject({ path: '/v1/traces', headers: { 'content-type': 'application/json' } });
    expect(asUnderstood(posted?.body as object)).toEqual(withoutEmptyLists(posted?.body));
    expect(idsIn(posted?.body)).toEqual(trace.spans.map(({ id }) => id));
  });

  it("sends Zipkin's format to Zipkin", async () => {
    receiver.answer = (response) => response.writeHead(202).end();
    const trace = traceOf(2);
    await postSpans([trace], { url: receiver.url, format: 'zipkin' });
    expect(receiver.posted).toMatchObject([{ path: '/api/v2/spans', body: toZipkin([trace]) }]);
  });

  it('keeps the given path and query', async () => {
    await postSpans([traceOf(1)], { url: `${receiver.url}/otlp/v1/traces?tenant=acme#here` });
    expect(receiver.posted[0]?.path).toBe('/otlp/v1/traces?tenant=acme');
  });

  it('sends every span in order, at most 1,000 at once', async () => {
    const trace = traceOf(2_345);
    expect(await postSpans([trace], { url: receiver.url })).toMatchObject({ requests: 3, accepted: 2_345 });
    const portions = receiver.posted.map(({ body }) => idsIn(body));
    expect(portions.map(({ length }) => length)).toEqual([1_000, 1_000, 345]);
    expect(portions.flat()).toEqual(trace.spans.map(({ id }) => id));
    receiver.posted.length = 0;
    await postSpans([trace], { url: receiver.url, format: 'zipkin' });
    expect(receiver.posted.map(({ body }) => (body as ZipkinSpan[]).length)).toEqual([1_000, 1_000, 345]);
  });

  it('sends large spans in smaller batches', async () => {
    const trace = traceOf(900, { err: { type: 'Error', message: 'm', stack: 'x'.repeat(8_192) } });
    const { requests, accepted } = await postSpans([trace], { url: receiver.url });
    expect(accepted).toBe(900);
    expect(requests).toBeGreaterThan(1);
    expect(Math.max(...receiver.posted.map(({ bytes }) => bytes))).toBeLessThanOrEqual(4 * 1024 * 1024);
    expect(receiver.posted.flatMap(({ body }) => idsIn(body))).toEqual(trace.spans.map(({ id }) => id));
  });

  it('makes no request if there is nothing to send', async () => {
    expect(await postSpans([], { url: receiver.url })).toMatchObject({ requests: 0, accepted: 0 });
    expect(receiver.posted).toEqual([]);
  });

  it('reports what a collector rejected, and its message', async () => {
    const answers = [
      { partialSuccess: { rejectedSpans: '3', errorMessage: 'too\u001b[31m old' } },
      { partialSuccess: { errorMessage: 'use gzip' } },
      { partialSuccess: { rejectedSpans: 2 } },
    ];
    receiver.answer = (response) => response.end(JSON.stringify(answers[receiver.posted.length - 1]));
    expect(await postSpans([traceOf(2_500)], { url: receiver.url })).toMatchObject({
      requests: 3,
      accepted: 2_495,
      rejected: 5,
      remarks: ['too\\u001b[31m old', 'use gzip'],
    });
  });

  it.each(['', 'OK', 'null', '[]', '{"partialSuccess":7}', '{"partialSuccess":{"rejectedSpans":-1}}'])(
    'accepts a success with the answer %j',
    async (body) => {
      receiver.answer = (response) => response.end(body);
      expect(await postSpans([traceOf(1)], { url: receiver.url })).toMatchObject({ accepted: 1, rejected: 0 });
    },
  );

  it.each([
    [400, 'check that it accepts this format'],
    [401, '--header'],
    [404, 'the right path'],
    [413, 'raise its limit'],
    [415, 'does not accept JSON'],
    [503, 'try again later'],
  ])('explains an answer of %i', async (status, advice) => {
    receiver.answer = (response) => response.writeHead(status).end('it is so');
    const error = await failure({ url: receiver.url });
    expect(error).toMatchObject({ failure: 'refused', status });
    expect(error.message).toContain(`${receiver.url}/v1/traces answers ${status} "it is so": `);
    expect(error.message).toContain(advice);
  });

  it('shows an answer as one short line of visible characters', async () => {
    receiver.answer = (response) =>
      response.writeHead(400).end(`\u001b]0;title\u0007 one\r\ntwo \u202e ${'y'.repeat(100_000)}`);
    const { message } = await failure({ url: receiver.url });
    expect(message).toMatch(/answers 400 "\\u001b\]0;title\\u0007 one two \\u202e y{150,200}…"/);
    expect(message.length).toBeLessThan(400);
    expect(message).not.toMatch(/\p{C}/u);
  });

  it('says how many spans were accepted before the failure', async () => {
    receiver.answer = (response) => response.writeHead(receiver.posted.length < 3 ? 200 : 503).end();
    const { message } = await failure({ url: receiver.url }, [traceOf(2_500)]);
    expect(message).toContain('2,000 earlier spans were accepted');
    expect(receiver.posted).toHaveLength(3);
  });

  it('does not follow redirects', async () => {
    const other = await SpanReceiver.start();
    try {
      receiver.answer = (response) => response.writeHead(307, { location: `${other.url}/v1/traces` }).end();
      expect(await failure({ url: receiver.url, headers: ['Authorization: Bearer abcdef'] })).toMatchObject({
        failure: 'redirected',
        status: 307,
      });
      expect(other.posted).toEqual([]);
    } finally {
      await other.stop();
    }
  });

  it('limits the wait for an answer and for the rest of its body', async () => {
    receiver.answer = () => undefined;
    expect((await failure({ url: receiver.url, timeoutMs: 50 })).failure).toBe('timeout');
    receiver.answer = (response) => void response.writeHead(400).write('slow');
    expect((await failure({ url: receiver.url, timeoutMs: 50 })).failure).toBe('timeout');
  });

  it('stops at once when aborted, and says what was sent and what was not', async () => {
    const stop = new AbortController();
    receiver.answer = (response) => {
      if (receiver.posted.length === 1) response.end('{"partialSuccess":{"rejectedSpans":1}}');
      else stop.abort();
    };
    const { signal } = stop;
    expect(await failure({ url: receiver.url, signal, timeoutMs: 2 ** 31 - 1 }, [traceOf(2_500)])).toMatchObject({
      failure: 'stopped',
      message:
        `Stopped: ${receiver.url}/v1/traces accepted 999 of 2,500 spans; 1 was rejected; ` +
        '1,000 were in flight and may have arrived; 500 were not sent. Spans keep their ids when sent again.',
    });
    expect(receiver.posted).toHaveLength(2);
  });

  it('stops at once when aborted in the middle of an answer', async () => {
    const stop = new AbortController();
    receiver.answer = (response) => {
      response.write('{', () => stop.abort());
    };
    const { message } = await failure({ url: receiver.url, signal: stop.signal, timeoutMs: 2 ** 31 - 1 });
    expect(message).toContain('accepted 0 of 1 span; 1 was in flight and may have arrived. Spans keep');
  });

  it('sends nothing when aborted beforehand', async () => {
    const { message } = await failure({ url: receiver.url, signal: AbortSignal.abort() });
    expect(message).toContain('accepted 0 of 1 span; 1 was not sent. Spans keep');
    expect(receiver.posted).toEqual([]);
  });

  it('stops reading an endless answer', async () => {
    receiver.answer = (response) => {
      response.writeHead(400);
      const more = (): void => {
        while (!response.destroyed && response.write('z'.repeat(16_384)));
        if (!response.destroyed) response.once('drain', more);
      };
      more();
    };
    expect(await failure({ url: receiver.url })).toMatchObject({ failure: 'refused', status: 400 });
  });

  it('reports a broken or refused connection as unreachable', async () => {
    receiver.answer = (response) => response.destroy();
    expect((await failure({ url: receiver.url })).failure).toBe('unreachable');
    // Port 1023 is reserved: no server and no outgoing connection uses it.
    const error = await failure({ url: 'http://127.0.0.1:1023' });
    expect(error.failure).toBe('unreachable');
    expect(error.message).toContain('ECONNREFUSED');
  });

  it('R115: sends credentials as headers and shows them nowhere, even if the answer repeats them', async () => {
    receiver.answer = (response, { headers, path }) =>
      response.writeHead(401).end(JSON.stringify([headers.authorization, 'pass word', headers['x-key'], path]));
    const url = `http://user:pass%20word@${receiver.host}/v1/traces?api_key=key-in-query`;
    const inUrl = await failure({ url, headers: ['X-Key: key-in-header'] });
    expect(receiver.posted[0]?.headers).toMatchObject({
      authorization: `Basic ${Buffer.from('user:pass word').toString('base64')}`,
      'x-key': 'key-in-header',
    });
    receiver.answer = (response) => response.writeHead(401).end('Bearer opaque-credential is none');
    const inHeader = await failure({ url: receiver.url, headers: ['authorization: Bearer opaque-credential'] });
    expect(receiver.posted[1]?.headers.authorization).toBe('Bearer opaque-credential');
    for (const { message, stack } of [inUrl, inHeader]) {
      const secrets = /pass.{1,3}word|key-in|opaque|dXNlcjpwYXNz/;
      expect(`${message} ${stack}`).not.toMatch(secrets);
      expect(message).toContain('[redacted]');
    }
  });

  it.each(['', 'jaeger', 'localhost:4318', 'file:///etc/passwd', 'ftp://u:hidden@127.0.0.1/', 'http://u:hidden@:0:/'])(
    'refuses %j as an address',
    async (url) => {
      const { failure: kind, message } = await failure({ url });
      expect(kind).toBe('invalid');
      expect(message).not.toContain('hidden');
    },
  );

  it.each(['hidden', ': hidden', 'X Key: hidden', 'X-Key: hidden\r\nHost: evil', 'X-Key: hidden\u{1f511}'])(
    'refuses %j as a header without showing it',
    async (header) => {
      const { failure: kind, message } = await failure({ url: receiver.url, headers: [header] });
      expect(kind).toBe('invalid');
      expect(message).not.toContain('hidden');
      expect(receiver.posted).toEqual([]);
    },
  );
});
