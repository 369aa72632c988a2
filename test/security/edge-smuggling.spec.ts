import { EdgeGateway, problemIn } from '../support/edge-gateway.js';

/** A hidden request that an attacker wants to be answered. */
const HIDDEN = 'GET /internal/orders/secret HTTP/1.1\r\nHost: a\r\n\r\n';

const post = (lines: readonly string[], body: string, version = '1.1'): string =>
  [`POST /catalog/echo HTTP/${version}`, 'Host: a', 'Content-Type: application/json', ...lines].join('\r\n') +
  `\r\n\r\n${body}`;

const CASES: readonly (readonly [string, string])[] = [
  [
    'CL.TE: Content-Length and Transfer-Encoding',
    post([`Content-Length: ${HIDDEN.length + 5}`, 'Transfer-Encoding: chunked'], `0\r\n\r\n${HIDDEN}`),
  ],
  [
    'TE.CL: Transfer-Encoding and a short Content-Length',
    post(['Transfer-Encoding: chunked', 'Content-Length: 4'], `0\r\n\r\n${HIDDEN}`),
  ],
  ['TE.TE: two codings', post(['Transfer-Encoding: chunked', 'Transfer-Encoding: identity'], `0\r\n\r\n${HIDDEN}`)],
  ['TE.TE: chunked twice', post(['Transfer-Encoding: chunked, chunked'], `0\r\n\r\n${HIDDEN}`)],
  ['TE.TE: chunked, then something', post(['Transfer-Encoding: chunked, x'], `0\r\n\r\n${HIDDEN}`)],
  ['TE.TE: an unknown coding', post(['Transfer-Encoding: xchunked'], `0\r\n\r\n${HIDDEN}`)],
  ['TE.TE: a coding before chunked', post(['Transfer-Encoding: gzip, chunked'], `0\r\n\r\n${HIDDEN}`)],
  ['TE.TE: a quoted coding', post(['Transfer-Encoding: "chunked"'], `0\r\n\r\n${HIDDEN}`)],
  ['TE.TE: a vertical tab before the coding', post(['Transfer-Encoding: \x0bchunked'], `0\r\n\r\n${HIDDEN}`)],
  ['TE.TE: a space before the colon', post(['Transfer-Encoding : chunked'], `0\r\n\r\n${HIDDEN}`)],
  ['TE.TE: a folded line', post(['Transfer-Encoding:\r\n chunked', 'Content-Length: 0'], `0\r\n\r\n${HIDDEN}`)],
  ['two different lengths', post(['Content-Length: 0', `Content-Length: ${HIDDEN.length}`], HIDDEN)],
  ['two equal lengths', post(['Content-Length: 0', 'Content-Length: 0'], HIDDEN)],
  ['a list of lengths', post([`Content-Length: 0, ${HIDDEN.length}`], HIDDEN)],
  ['a signed length', post(['Content-Length: +0'], HIDDEN)],
  ['a negative length', post(['Content-Length: -1'], HIDDEN)],
  ['a hexadecimal length', post(['Content-Length: 0x0'], HIDDEN)],
  ['an endless length', post(['Content-Length: 99999999999999999999999'], HIDDEN)],
  ['an invalid chunk size', post(['Transfer-Encoding: chunked'], `zz\r\n\r\n${HIDDEN}`)],
  ['a chunk size with 0x', post(['Transfer-Encoding: chunked'], `0x0\r\n\r\n${HIDDEN}`)],
  ['a chunk size out of range', post(['Transfer-Encoding: chunked'], `fffffffffffffffff1\r\n${HIDDEN}`)],
  ['a chunk longer than its size', post(['Transfer-Encoding: chunked'], `1\r\nab\r\n0\r\n\r\n${HIDDEN}`)],
  ['a chunk size ended by LF alone', post(['Transfer-Encoding: chunked'], `0\n\n${HIDDEN}`)],
  ['a chunk size ended by CR alone', post(['Transfer-Encoding: chunked'], `0\r\r${HIDDEN}`)],
  ['HTTP/1.0 with a transfer coding', post(['Transfer-Encoding: chunked'], `0\r\n\r\n${HIDDEN}`, '1.0')],
  [
    'HTTP/1.0, kept alive, with a transfer coding',
    post(['Connection: keep-alive', 'Transfer-Encoding: chunked'], `0\r\n\r\n${HIDDEN}`, '1.0'),
  ],
  ['two hosts', post(['Host: b', 'Content-Length: 0'], HIDDEN)],
  ['no host', `GET /catalog/items HTTP/1.1\r\n\r\n${HIDDEN}`],
  ['a bare LF between fields', `GET /catalog/items HTTP/1.1\nHost: a\n\n${HIDDEN}`],
  ['a bare CR in a field', `GET /catalog/items HTTP/1.1\r\nHost: a\rTxn-Token: x\r\n\r\n${HIDDEN}`],
  ['a NUL in a field', `GET /catalog/items HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n${HIDDEN}`],
  ['another protocol', `GET /catalog/items HTTPS/1.1\r\nHost: a\r\n\r\n${HIDDEN}`],
  ['HTTP/0.9', `GET /catalog/items\r\n\r\n${HIDDEN}`],
  ['HTTP/2 preface', `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${HIDDEN}`],
];

describe.each(['fastify', 'express'] as const)('request smuggling (%s)', (platform) => {
  let gateway: EdgeGateway;

  beforeAll(async () => {
    gateway = await EdgeGateway.start({ platform });
  });
  afterAll(() => gateway.close());

  it.each(CASES)('gives one answer and closes the connection: %s', async (_name, bytes) => {
    const minted = gateway.tokens.minted;
    const { responses, closed } = await gateway.untilClosed(bytes);
    expect(closed).toBe(true);
    expect(responses).toHaveLength(1);
    expect([400, 401, 404, 405, 413, 505]).toContain(responses[0]?.status);
    expect(responses[0]?.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(responses[0]?.headers['x-request-id']).toMatch(/^[0-9a-f]{32}$/);
    expect(gateway.tokens.minted - minted).toBeLessThanOrEqual(1);
  });

  it.each(['0.9', '2.0', '2.1', '3.0'])('refuses HTTP/%s whatever is requested', async (version) => {
    const { responses, closed } = await gateway.untilClosed(`GET /catalog/items HTTP/${version}\r\nHost: a\r\n\r\n`);
    expect(closed).toBe(true);
    expect(responses).toHaveLength(1);
    // The parser refuses versions it does not know.
    expect(responses[0]?.status).toBe(version === '2.0' || version === '0.9' ? 505 : 400);
    expect(problemIn(responses[0]!)['code']).toBe('invalid_request');
  });

  it('reads an honest chunked body', async () => {
    const response = await gateway.send(post(['Transfer-Encoding: chunked'], '7\r\n{"a":1}\r\n0\r\n\r\n'));
    expect(response.status).toBeLessThan(300);
    expect(JSON.parse(response.body)).toMatchObject({ body: { a: 1 } });
  });
});
