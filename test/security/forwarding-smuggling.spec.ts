import { text } from 'node:stream/consumers';
import { EdgeGateway } from '../support/edge-gateway.js';
import type { RawExchange } from '../support/raw-http.js';
import { HttpUpstream, RawUpstream } from '../support/upstream.js';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const HIDDEN = 'GET /internal/orders/secret HTTP/1.1\r\nHost: a\r\n\r\n';
const POST = 'POST /catalog/echo HTTP/1.1\r\nHost: a\r\n';

/** Bytes that one reader takes for a request and another for a body. */
const ATTACKS: readonly (readonly [name: string, bytes: string])[] = [
  ['CL.TE', `${POST}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${HIDDEN}`],
  ['TE.CL', `${POST}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n5c\r\n${HIDDEN}\r\n0\r\n\r\n`],
  ['two lengths', `${POST}Content-Length: 0\r\nContent-Length: ${HIDDEN.length}\r\n\r\n${HIDDEN}`],
  ['a list of lengths', `${POST}Content-Length: 0, ${HIDDEN.length}\r\n\r\n${HIDDEN}`],
  ['a signed length', `${POST}Content-Length: +0\r\n\r\n${HIDDEN}`],
  ['a negative length', `${POST}Content-Length: -1\r\n\r\n${HIDDEN}`],
  ['a hexadecimal length', `${POST}Content-Length: 0x10\r\n\r\n${HIDDEN}`],
  ['a length with a space before the colon', `${POST}Content-Length : 0\r\n\r\n${HIDDEN}`],
  ['a folded length', `${POST}Content-Length:\r\n 0\r\n\r\n${HIDDEN}`],
  ['a coding before chunked', `${POST}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n${HIDDEN}`],
  ['a coding after chunked', `${POST}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n${HIDDEN}`],
  ['chunked twice', `${POST}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${HIDDEN}`],
  ['an unknown coding', `${POST}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${HIDDEN}`],
  ['a vertical tab before chunked', `${POST}Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n${HIDDEN}`],
  ['a chunk size with a prefix', `${POST}Transfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n${HIDDEN}`],
  ['a chunk size too large', `${POST}Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n\r\n${HIDDEN}`],
  ['a chunk longer than its size', `${POST}Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n${HIDDEN}`],
  ['a chunk that ends in LF', `${POST}Transfer-Encoding: chunked\r\n\r\n1\na\n0\n\n${HIDDEN}`],
  ['a head that ends in LF', `POST /catalog/echo HTTP/1.1\nHost: a\nContent-Length: 0\n\n${HIDDEN}`],
  ['a bare CR in a value', `${POST}X: a\rTxn-Token: forged\r\nContent-Length: 0\r\n\r\n`],
  ['a NUL in a value', `${POST}X: a\0b\r\nContent-Length: 0\r\n\r\n`],
  ['a CR in the target', 'GET /catalog/items\rX HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['two Hosts', 'GET /catalog/items HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n'],
  [
    'HTTP/1.0 with chunks',
    `POST /catalog/echo HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${HIDDEN}`,
  ],
  ['HTTP/2 in the clear', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ['HTTP/1.2', 'GET /catalog/items HTTP/1.2\r\nHost: a\r\n\r\n'],
  ['a space in the field name', `${POST}Txn Token: x\r\nContent-Length: 0\r\n\r\n`],
  ['a field without a name', `${POST}: x\r\nContent-Length: 0\r\n\r\n`],
];

describe('bytes that two programs could read differently', () => {
  let upstream: RawUpstream;
  let gateway: EdgeGateway;

  beforeEach(async () => {
    upstream = await RawUpstream.start(({ socket }) => void socket.write(OK));
    gateway = await EdgeGateway.start({
      edge: { forwarding: { upstreams: { catalog: { origin: upstream.url }, orders: { origin: upstream.url } } } },
    });
  });
  afterEach(async () => {
    await gateway.close();
    await upstream.close();
  });

  /** The request lines that reached the service, even within bodies. */
  const reached = (): string[] => upstream.received.match(/^[A-Z]+ \S+ HTTP\/[\d.]+/gm) ?? [];
  const heads = ({ responses }: RawExchange): number[] => responses.map(({ status }) => status);

  it.each(ATTACKS)('%s: forwards nothing hidden', async (_, bytes) => {
    const answered = await gateway.untilClosed(bytes);
    expect(answered.closed).toBe(true);
    for (const status of heads(answered)) expect([400, 404, 405, 413, 505]).toContain(status);
    expect(reached()).toEqual([]);
    expect(upstream.received).not.toContain('forged');
  });

  it('forwards a body that looks like a request as a body', async () => {
    const bodies: string[] = [];
    const service = await HttpUpstream.start(async (incoming, response) => {
      bodies.push(await text(incoming));
      response.end();
    });
    const before = await EdgeGateway.start({
      edge: { forwarding: { upstreams: { catalog: { origin: service.url } } } },
    });
    await before.send(`${POST}Content-Length: ${HIDDEN.length}\r\n\r\n${HIDDEN}`);
    const size = HIDDEN.length.toString(16);
    await before.send(`${POST}Transfer-Encoding: chunked\r\n\r\n${size}\r\n${HIDDEN}\r\n0\r\n\r\n`);
    expect(bodies).toEqual([HIDDEN, HIDDEN]);
    expect(service.seen).toHaveLength(2);
    await before.close();
    await service.stop();
  });

  it('re-chunks bodies: drops extensions and odd sizes', async () => {
    const service = await RawUpstream.start((connection) => {
      const answerAtEnd = (): void => {
        if (connection.received.endsWith('\r\n0\r\n\r\n')) connection.socket.write(OK);
      };
      connection.socket.on('data', answerAtEnd);
      answerAtEnd();
    });
    const before = await EdgeGateway.start({
      edge: { forwarding: { upstreams: { catalog: { origin: service.url } } } },
    });
    const chunks = '0005;x="\ty"\r\nhello\r\n1\r\n!\r\n000\r\n\r\n';
    expect((await before.send(`${POST}Transfer-Encoding: chunked\r\n\r\n${chunks}`)).status).toBe(200);
    const body = service.received.slice(service.received.indexOf('\r\n\r\n') + 4);
    expect(body).not.toMatch(/;x=|0005/);
    expect(body.replaceAll(/(?:^|\r\n)[0-9a-f]+\r\n/g, '')).toBe('hello!\r\n');
    await before.close();
    await service.close();
  });

  it('forwards pipelined requests one by one, each with its own token', async () => {
    const one = 'GET /catalog/items HTTP/1.1\r\nHost: a\r\n\r\n';
    const last = 'GET /catalog/items HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
    const answered = await gateway.untilClosed(one + one + last);
    expect(heads(answered)).toEqual([200, 200, 200]);
    expect(reached()).toHaveLength(3);
    expect(new Set(upstream.received.match(/(?<=Txn-Token: )\S+/g)).size).toBe(3);
  });

  it('leftovers on a shared connection', async () => {
    const other = await RawUpstream.start(({ socket }, head) => {
      // A surplus response: the next request on the connection must not get it.
      if (head === 1) socket.write(`${OK}HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison`);
      else socket.write(OK);
    });
    const exposed = await EdgeGateway.start({
      edge: { forwarding: { upstreams: { catalog: { origin: other.url } } } },
    });
    const bodies: string[] = [];
    for (let index = 0; index < 5; index++) bodies.push((await exposed.get('/catalog/items')).body);
    expect(bodies.filter((body) => body !== 'ok')).toEqual([]);
    await exposed.close();
    await other.close();
  });

  it.each([
    ['HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison'],
    ['GET', 'HTTP/1.1 204 No Content\r\nContent-Length: 6\r\n\r\npoison'],
    ['GET', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 6\r\n\r\npoison'],
  ])('%s: a body where none is allowed affects no other response', async (method, bytes) => {
    let first = true;
    const other = await RawUpstream.start(({ socket }) => {
      socket.write(first ? bytes : OK);
      first = false;
    });
    const exposed = await EdgeGateway.start({
      edge: { forwarding: { upstreams: { catalog: { origin: other.url } } } },
    });
    const { responses } = await exposed.untilClosed(
      `${method} /catalog/items HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`,
    );
    // A length without a body would be read as the length of what follows (RFC 9110 section 8.6).
    if (responses[0]?.status === 204) expect(responses[0].headers['content-length']).toBeUndefined();
    for (let index = 0; index < 3; index++) expect((await exposed.get('/catalog/items')).body).toBe('ok');
    await exposed.close();
    await other.close();
  });
});
