import { request } from 'node:http';
import { once } from 'node:events';
import { Agent } from 'node:https';
import { CertificateAuthority, describeWithOpenssl } from '../support/certificate-authority.js';
import { CalledService, GATEWAY } from './support/callers.js';

describeWithOpenssl('client certificates that TLS did not verify', () => {
  let service: CalledService;
  const others = new CertificateAuthority('another authority');
  beforeAll(async () => (service = await CalledService.start()));
  afterAll(async () => {
    await service?.close();
    others.remove();
  });

  it('R144: refuses a request without a certificate, even with a valid internal token', async () => {
    expect(await service.ask()).toMatchObject({ status: 400, body: { code: 'caller_missing' } });
  });

  it('R144: refuses a request without a certificate before reading its body', async () => {
    const headers = { 'Content-Length': '1000000' };
    const answer = await service.ask({ method: 'POST', headers, options: {} }).catch((error: unknown) => error);
    expect(answer).toMatchObject({ status: 400, body: { code: 'caller_missing' } });
  });

  it('R146: refuses a certificate from another authority, even with one of our ids', async () => {
    expect(await service.ask({ as: others.workload(GATEWAY) })).toMatchObject({
      status: 400,
      body: { code: 'caller_invalid' },
    });
  });

  it('R146: refuses an expired certificate', async () => {
    const expired = service.authority.issue({ names: [`URI:${GATEWAY}`], days: -1 });
    expect(await service.ask({ as: expired })).toMatchObject({ status: 400, body: { code: 'caller_invalid' } });
  });

  it('R146: refuses a certificate from the moment it expires on a kept connection', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ask = () => service.ask({ as: service.authority.workload(GATEWAY), options: { agent } });
    const certificate = service.authority.workload(GATEWAY);
    const once = () => service.ask({ as: certificate, options: { agent } });
    expect(await once()).toMatchObject({ status: 200 });
    const { now } = Date;
    Date.now = () => now() + 2 * 86_400_000;
    try {
      const token = service.tokens.token();
      expect(await service.ask({ as: certificate, token, options: { agent } })).toMatchObject({
        status: 400,
        body: { code: 'caller_invalid' },
      });
    } finally {
      Date.now = now;
      agent.destroy();
    }
    expect(await ask()).toMatchObject({ status: 200 });
  });

  it('R144: ignores headers that claim another party saw a certificate', async () => {
    const headers = {
      'Client-Cert': ':MIIB:',
      'X-Forwarded-Client-Cert': `URI=${GATEWAY}`,
      'X-Client-Verify': 'SUCCESS',
      'X-SSL-Client-Verify': 'SUCCESS',
    };
    expect(await service.ask({ headers })).toMatchObject({ status: 400, body: { code: 'caller_missing' } });
  });

  it('R144: identifies no caller on a connection without TLS', async () => {
    const { MtlsCallerAuthenticator } = await import('nestjs-internal-token/caller');
    const authenticator = new MtlsCallerAuthenticator({ trustDomain: 'shop.test' });
    const { createServer } = await import('node:http');
    const server = createServer((raw, response) => {
      try {
        response.end(authenticator.authenticate({ raw, token: undefined }));
      } catch (error) {
        response.end((error as { code: string }).code);
      }
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const asked = request({ port, host: '127.0.0.1', agent: false }).end();
    const [response] = (await once(asked, 'response')) as [AsyncIterable<Buffer>];
    const parts: Buffer[] = [];
    for await (const part of response) parts.push(part);
    expect(Buffer.concat(parts).toString()).toBe('caller_missing');
    server.close();
  });
});
