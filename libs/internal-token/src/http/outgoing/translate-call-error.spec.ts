import axios from 'axios';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { request } from 'undici';
import { InternalTokenError } from '../../core/index.js';
import { translateCallError } from './translate-call-error.js';

/** A reserved port of this machine, on which no server can listen. */
const NOBODY = 'http://127.0.0.1:1023';

describe('translateCallError()', () => {
  const server = createServer((req, res) => {
    if (req.url === '/rejected') res.writeHead(401, { 'www-authenticate': 'Txn-Token realm="test"' }).end();
    else if (req.url === '/login') res.writeHead(401, { 'www-authenticate': 'Bearer' }).end();
    else if (req.url === '/missing') res.writeHead(404).end();
    else if (req.url === '/broken') res.destroy();
  }).unref();
  let url: string;
  beforeAll(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  const codeOf = async (call: Promise<unknown>) => {
    const error: unknown = await call.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    return translateCallError(error)?.code;
  };

  it.each([
    ['fetch', () => fetch(NOBODY)],
    ['undici', () => request(NOBODY)],
    ['axios', () => axios.get(NOBODY)],
  ])('translates a refused connection to upstream_unreachable, with %s', async (_client, call) => {
    expect(await codeOf(call())).toBe('upstream_unreachable');
  });

  it.each([
    ['fetch', () => fetch(`${url}/broken`)],
    ['undici', () => request(`${url}/broken`)],
    ['axios', () => axios.get(`${url}/broken`)],
  ])('translates a broken connection to upstream_unreachable, with %s', async (_client, call) => {
    expect(await codeOf(call())).toBe('upstream_unreachable');
  });

  it.each([
    ['fetch', () => fetch(`${url}/silent`, { signal: AbortSignal.timeout(20) })],
    ['undici', () => request(`${url}/silent`, { headersTimeout: 20 })],
    ['axios', () => axios.get(`${url}/silent`, { timeout: 20 })],
  ])('translates a time-out to upstream_timeout, with %s', async (_client, call) => {
    expect(await codeOf(call())).toBe('upstream_timeout');
  });

  it('R59: translates a 401 for the internal token to upstream_rejected_token, and leaves any other 401 alone', async () => {
    expect(await codeOf(axios.get(`${url}/rejected`))).toBe('upstream_rejected_token');
    expect(await codeOf(axios.get(`${url}/login`))).toBeUndefined();
    expect(await codeOf(axios.get(`${url}/missing`))).toBeUndefined();
  });

  it('finds the refusal of this library inside the errors that clients wrap around it', () => {
    const refusal = new InternalTokenError('txn_expired');
    expect(translateCallError(refusal)).toBe(refusal);
    expect(translateCallError(new TypeError('fetch failed', { cause: refusal }))).toBe(refusal);
  });

  it('returns undefined for any other error', () => {
    for (const other of [undefined, null, 'text', new Error('a bug'), { code: 'order_not_found' }]) {
      expect(translateCallError(other)).toBeUndefined();
    }
    const endless: { cause?: unknown } = {};
    endless.cause = endless;
    expect(translateCallError(endless)).toBeUndefined();
  });
});
