import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import type { AccessTokenAuthenticator } from '../../libs/internal-token/src/gateway/authenticate/index.js';
import { AccessTokenIssuer } from '../support/access-token-issuer.js';
import { authenticatorFor } from '../support/authenticator.js';
import { refusalOf } from '../support/refusals.js';

describe('access tokens: where and how they are sent', () => {
  let issuer: AccessTokenIssuer;
  let authenticator: AccessTokenAuthenticator;
  let token: string;

  beforeAll(async () => {
    issuer = await AccessTokenIssuer.start();
    authenticator = await authenticatorFor(issuer);
    token = issuer.token();
  });

  afterAll(async () => {
    authenticator.close();
    await issuer.close();
  });

  const codeFor = async (...rawHeaders: string[]): Promise<string> =>
    (await refusalOf(() => authenticator.authenticate(rawHeaders))).code;

  it.each(['Bearer', 'bearer', 'BEARER', 'bEaReR'])('RFC 9110 11.1: accepts the scheme as %s', async (scheme) => {
    const principal = await authenticator.authenticate(['authorization', `${scheme} ${token}`]);
    expect(principal).toMatchObject({ userId: 'alice' });
  });

  it.each(['Authorization', 'AUTHORIZATION', 'aUTHORIZATION'])('reads the header %s', async (name) => {
    expect(await authenticator.authenticate([name, `Bearer ${token}`])).toMatchObject({ userId: 'alice' });
  });

  it('R32: refuses two Authorization headers, even if they are equal or one is empty', async () => {
    const good = `Bearer ${token}`;
    expect(await codeFor('Authorization', good, 'Authorization', good)).toBe('invalid_request');
    expect(await codeFor('Authorization', good, 'Host', 'x', 'AUTHORIZATION', 'Basic eDp5')).toBe('invalid_request');
    expect(await codeFor('Authorization', '', 'authorization', good)).toBe('invalid_request');
  });

  it.each<[string, (token: string) => string]>([
    ['empty', () => ''],
    ['a scheme without a token', () => 'Bearer'],
    ['a scheme followed by a space', () => 'Bearer '],
    ['a token without a scheme', (t) => t],
    ['a comma-joined pair', (t) => `Bearer ${t}, Bearer ${t}`],
    ['a comma-joined pair without spaces', (t) => `Bearer ${t},${t}`],
    ['two schemes', (t) => `Basic eDp5, Bearer ${t}`],
    ['two tokens', (t) => `Bearer ${t} ${t}`],
    ['the scheme twice', (t) => `Bearer Bearer ${t}`],
    ['a tab', (t) => `Bearer\t${t}`],
    ['quotes', (t) => `Bearer "${t}"`],
    ['a parameter', (t) => `Bearer token=${t}`],
    ['padding inside the token', (t) => `Bearer a=${t}`],
    ['a non-ASCII byte', (t) => `Bearer ${t}\u00e9`],
    ['a NUL', (t) => `Bearer ${t}\u0000`],
  ])('R32: refuses a malformed header: %s', async (_name, value) => {
    expect(await codeFor('Authorization', value(token))).toBe('invalid_request');
  });

  it.each(['Basic eDp5', 'DPoP', 'Token', 'BearerX', 'Bearer2'])(
    'R29: treats another scheme as missing credentials, not as an anonymous request: %s',
    async (scheme) => {
      const value = scheme.includes(' ') ? scheme : `${scheme} ${token}`;
      expect(await codeFor('Authorization', value)).toBe('access_token_missing');
    },
  );

  it.each([
    'Authorization_',
    'X-Authorization',
    'Proxy-Authorization',
    'Cookie',
    'X-Forwarded-Authorization',
    'access_token',
  ])('R32: does not look for a token in %s', (name) => {
    expect(authenticator.authenticate([name, `Bearer ${token}`])).toBeUndefined();
  });

  it('returns synchronously, without credentials, when there are none', () => {
    expect(authenticator.authenticate(['Host', 'gateway.test'])).toBeUndefined();
    expect(authenticator.authenticate([])).toBeUndefined();
  });

  it("R32: sees both headers of a real request, although Node's parsed headers show only the first", async () => {
    const seen: string[] = [];
    const server = createServer((request, response) => {
      void codeFor(...request.rawHeaders).then((code) => {
        seen.push(code, String(request.headers.authorization?.includes('first')));
        response.end();
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n');
    socket.write(`Authorization: Bearer first\r\nauthorization: Bearer ${token}\r\n\r\n`);
    socket.resume();
    await once(socket, 'close');
    server.close();
    expect(seen).toEqual(['invalid_request', 'true']);
  });
});
