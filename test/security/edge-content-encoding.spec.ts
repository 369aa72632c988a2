import { gzipSync } from 'node:zlib';
import { EdgeGateway, problemIn, seenIn } from '../support/edge-gateway.js';
import { ask } from '../support/raw-http.js';
import { HttpUpstream, valuesOf } from '../support/upstream.js';

const JSON_BODY = '{"a":1}';

function post(coding: readonly string[], body: string, ...lines: readonly string[]): string {
  return (
    ['POST /orders HTTP/1.1', 'Host: a', 'Content-Type: application/json', ...coding, ...lines].join('\r\n') +
    `\r\nContent-Length: ${body.length}\r\n\r\n${body}`
  );
}

describe.each(['fastify', 'express'] as const)('bodies with a Content-Encoding (%s)', (platform) => {
  let gateway: EdgeGateway;

  beforeAll(async () => {
    gateway = await EdgeGateway.start({ platform });
  });
  afterAll(() => gateway.close());

  const CODINGS = [['gzip'], ['x-made-up'], ['identity, gzip'], ['identity', 'gzip']].map((values) =>
    values.map((value) => `Content-Encoding: ${value}`),
  );

  it.each(CODINGS)('does not parse plain JSON labelled otherwise: %s %s', async (...given) => {
    const coding = given.filter((line) => line !== undefined);
    const { minted } = gateway.tokens;
    const outside = await gateway.send(post(coding, JSON_BODY, gateway.bearer()));
    expect(problemIn(outside)).toMatchObject({ status: 415, code: 'invalid_request' });
    expect(outside.headers['accept-encoding']).toBe('identity');
    expect(gateway.tokens.minted).toBe(minted);
    const token = await gateway.internalToken();
    const inside = await ask(gateway.internal.port, post(coding, JSON_BODY, `Txn-Token: ${token}`));
    expect(problemIn(inside)).toMatchObject({ status: 415 });
  });

  it('does not decompress an encoded body', async () => {
    const bomb = gzipSync(JSON.stringify('a'.repeat(50_000))).toString('latin1');
    expect((await gateway.send(post(['Content-Encoding: gzip'], bomb, gateway.bearer()))).status).toBe(415);
  });

  it('ignores an encoding that means nothing, or that applies to no body', async () => {
    const response = await gateway.send(post(['Content-Encoding: Identity'], JSON_BODY, gateway.bearer()));
    expect(seenIn(response).body).toEqual({ a: 1 });
    expect((await gateway.get('/orders', 'Content-Encoding: gzip', gateway.bearer())).status).toBe(200);
  });
});

describe('a forwarded body with a Content-Encoding', () => {
  it('passes encoding and bytes on to the service unchanged', async () => {
    const bytes = gzipSync(JSON_BODY);
    const upstream = await HttpUpstream.start(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
      response.end(Buffer.concat(chunks).equals(bytes) ? 'the same' : 'another');
    });
    const gateway = await EdgeGateway.start({
      edge: { forwarding: { upstreams: { orders: { origin: upstream.url } } } },
    });
    const sent = post(['Content-Encoding: gzip'], bytes.toString('latin1'), gateway.bearer());
    expect((await gateway.send(sent)).body).toContain('the same');
    expect(valuesOf(upstream.seen[0]!.rawHeaders, 'content-encoding')).toEqual(['gzip']);
    await gateway.close();
    await upstream.stop();
  });
});
