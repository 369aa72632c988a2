import { EdgePolicy, type EdgeRequest } from 'nestjs-internal-token/gateway';
import { EdgeGateway, problemIn, seenIn } from '../support/edge-gateway.js';
import { ask, exchange, type RawResponse } from '../support/raw-http.js';

const DEEP = '['.repeat(65);
const nested = (levels: number, inside = ''): string => '['.repeat(levels) + inside + ']'.repeat(levels);

describe.each(['fastify', 'express'] as const)('deeply nested JSON bodies (%s)', (platform) => {
  let gateway: EdgeGateway;

  beforeAll(async () => {
    gateway = await EdgeGateway.start({ platform });
  });
  afterAll(() => gateway.close());

  const posting = (length: number, ...lines: readonly string[]): string =>
    ['POST /orders HTTP/1.1', 'Host: a', `Content-Length: ${length}`, ...lines].join('\r\n') + '\r\n\r\n';
  const post = (body: string, type = 'application/json', ...lines: readonly string[]): Promise<RawResponse> =>
    gateway.send(posting(Buffer.byteLength(body), gateway.bearer(), `Content-Type: ${type}`, ...lines) + body);

  it('R168: refuses a deep body while it arrives, without parsing it or waiting for the rest', async () => {
    const head = posting(1_000_000, gateway.bearer(), 'Content-Type: application/json');
    const { responses, closed } = await gateway.untilClosed([head, DEEP]);
    const [response] = responses;
    expect(responses).toHaveLength(1);
    expect(problemIn(response as RawResponse)).toMatchObject({ status: 400, code: 'json_too_deep' });
    expect(response?.headers['connection']).toBe('close');
    expect(closed).toBe(true);
  });

  it('R168: refuses a deep body that is complete and well-formed', async () => {
    for (const body of [
      nested(65),
      `{"a":${'{"a":'.repeat(64)}1${'}'.repeat(65)}`,
      `"",${DEEP}`,
      `"\\"${'\\\\'}",${DEEP}`,
    ]) {
      expect(problemIn(await post(body))).toMatchObject({ status: 400, code: 'json_too_deep' });
    }
  });

  it('R168: refuses a deep body on the internal listener', async () => {
    const token = `Txn-Token: ${await gateway.internalToken()}`;
    const { responses } = await exchange(
      gateway.internal.port,
      posting(1_000_000, token, 'Content-Type: application/json') + DEEP,
    );
    expect(responses.map(problemIn)).toEqual([expect.objectContaining({ code: 'json_too_deep' })]);
    const shallow = posting(2, token, 'Content-Type: application/json') + '[]';
    expect((await ask(gateway.internal.port, shallow)).status).toBe(201);
  });

  it('accepts 64 levels, and does not count brackets in strings', async () => {
    for (const value of [nested(64), JSON.stringify({ text: `\\"${DEEP}"${DEEP}\\`, more: [DEEP] })]) {
      const response = await post(value);
      expect(response.status).toBe(201);
      expect(seenIn(response).body).toEqual(JSON.parse(value));
    }
    const siblings = JSON.stringify(Array.from({ length: 200 }, () => [{}]));
    expect((await post(siblings)).status).toBe(201);
  });

  it('counts correctly when chunks split strings and escapes', async () => {
    const value = JSON.stringify([`\\"${DEEP}`]);
    const head = posting(value.length, gateway.bearer(), 'Content-Type: application/json');
    const response = await gateway.send([head, ...value.split('')]);
    expect(seenIn(response).body).toEqual(JSON.parse(value));
  });

  it.each(['application/vnd.api+json', 'Application/JSON; charset=UTF-8', 'text/json;charset="utf-8"'])(
    'R168: refuses a deep body sent as %s',
    async (type) => {
      const { code } = problemIn(await post(DEEP, type));
      // Fastify has no parser for the others.
      expect(type.startsWith('App') || platform === 'express' ? ['json_too_deep'] : ['unsupported_media_type']).toEqual(
        [code],
      );
    },
  );

  it.each([
    'application/json; charset=utf-16',
    'application/json; charset=utf-7',
    'application/json; charset="ut\\f-16"',
    'application/json; charset=utf-8; charset=utf-16',
    'application/json; x=charset; charset=utf-8',
  ])('R168: answers 415 to a charset in which nesting could hide: %s', async (type) => {
    expect(problemIn(await post('[]', type))).toMatchObject({ status: 415, code: 'invalid_request' });
  });

  it('does not check the nesting of other content types', async () => {
    const response = await post(`a=${DEEP}`, 'application/x-www-form-urlencoded');
    expect(response.status).toBe(201);
  });
});

describe.each(['fastify', 'express'] as const)('the limit on JSON nesting (%s)', (platform) => {
  it('R168: checks what arrived while a policy was waiting', async () => {
    class UntilBodyIsThere extends EdgePolicy {
      async check({ raw }: EdgeRequest): Promise<void> {
        while (raw.readableLength === 0) await new Promise((resolve) => setImmediate(resolve));
      }
    }
    const gateway = await EdgeGateway.start({ platform, providers: [UntilBodyIsThere] });
    const bodies = [DEEP, '[1]'];
    const answers = bodies.map((body) =>
      gateway.send(
        `POST /orders HTTP/1.1\r\nHost: a\r\n${gateway.bearer()}\r\nContent-Type: application/json\r\n` +
          `Content-Length: ${body.length}\r\n\r\n${body}`,
      ),
    );
    const [deep, shallow] = (await Promise.all(answers)) as [RawResponse, RawResponse];
    expect(problemIn(deep)).toMatchObject({ code: 'json_too_deep' });
    expect(seenIn(shallow).body).toEqual([1]);
    await gateway.close();
  });

  it('can be changed and turned off by the application', async () => {
    const statusOf = async (maxJsonDepth: number | false, body: string, ...lines: string[]): Promise<number> => {
      const gateway = await EdgeGateway.start({ platform, internal: { maxJsonDepth } });
      try {
        const head = ['POST /orders HTTP/1.1', 'Host: a', gateway.bearer(), 'Content-Type: application/json', ...lines];
        const { status } = await gateway.send(`${head.join('\r\n')}\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
        return status;
      } finally {
        await gateway.close();
      }
    };
    expect(await statusOf(2, nested(2))).toBe(201);
    expect(await statusOf(2, nested(3))).toBe(400);
    expect(await statusOf(false, nested(65))).toBe(201);
  });
});
