import { DevGateway } from '../support/dev-gateway.js';
import { head } from '../support/raw-http.js';

describe('dev page: bodies for the token inspector', () => {
  let dev: DevGateway;
  beforeAll(async () => (dev = await DevGateway.start()));
  afterAll(() => dev.close());

  it.each(['', '{', 'null', '[]', '"x"', '{}', '{"token":1}', '{"token":null}', '{"__proto__":{"token":"x"}}'])(
    'refuses a body without a token: %s',
    async (body) => {
      const { status, headers } = await dev.post('/__dev/inspect', body);
      expect(status).toBe(400);
      expect(headers['content-type']).toBe('application/problem+json');
    },
  );

  it('reads no body past its limit, whatever length it announces', async () => {
    const announced = `POST /__dev/inspect HTTP/1.1\r\nHost: ${dev.host}\r\nContent-Type: application/json\r\n`;
    const large = await dev.gateway.untilClosed(`${announced}Content-Length: 1000000000\r\n\r\n{"token":"`);
    expect(large.responses.map(({ status }) => status)).toEqual([413]);
    const chunk = 'x'.repeat(10_000);
    const chunks = Array.from({ length: 10 }, () => `${chunk.length.toString(16)}\r\n${chunk}\r\n`);
    const unending = await dev.gateway.untilClosed([`${announced}Transfer-Encoding: chunked\r\n\r\n`, ...chunks]);
    expect(unending.responses.map(({ status }) => status)).toEqual([413]);
  });

  it('neither decompresses a body nor waits for the rest of it', async () => {
    expect((await dev.post('/__dev/inspect', '{"token":"x"}', 'Content-Encoding: gzip')).status).toBe(415);
    const waiting = ['Content-Type: application/json', 'Content-Length: 13', 'Expect: 100-continue'];
    const { status } = await dev.gateway.send(head('POST /__dev/inspect HTTP/1.1', `Host: ${dev.host}`, ...waiting));
    expect(status).toBe(417);
  });

  it('survives a client that disconnects in the middle of its body', async () => {
    const leaving = fetch(`${dev.url}/__dev/inspect`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: new ReadableStream({
        start: (controller) => {
          controller.enqueue(new TextEncoder().encode('{"token":'));
          setTimeout(() => controller.error(new Error('gone')), 50);
        },
      }),
      duplex: 'half',
    } as RequestInit);
    await expect(leaving).rejects.toThrow();
    expect((await dev.inspect('x')).status).toBe(200);
  });
});
