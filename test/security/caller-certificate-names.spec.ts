import { describeWithOpenssl } from '../support/certificate-authority.js';
import { CalledService, GATEWAY, ORDERS } from './support/callers.js';

describeWithOpenssl('names in client certificates', () => {
  let service: CalledService;
  beforeAll(async () => (service = await CalledService.start()));
  afterAll(() => service?.close());

  it('R146, R148: takes the one SPIFFE id of the trust domain as the caller, in handlers and on the request line', async () => {
    const certificate = service.authority.issue({ names: ['DNS:gateway.internal', `URI:${GATEWAY}`, 'IP:10.0.0.1'] });
    expect(await service.ask({ as: certificate })).toMatchObject({ status: 200, body: { caller: GATEWAY } });
    expect(service.spans.at(-1)).toMatchObject({ kind: 'server', caller: GATEWAY });
  });

  it.each<[string, readonly string[]]>([
    ['no name at all', []],
    ['a DNS name alone', ['DNS:gateway.shop.test']],
    ['a DNS name spelled like an id', [`DNS:${GATEWAY}`]],
    ['an e-mail address', ['email:gateway@shop.test']],
    ['two ids of the trust domain', [`URI:${GATEWAY}`, `URI:${ORDERS}`]],
    ['the same id twice', [`URI:${GATEWAY}`, `URI:${GATEWAY}`]],
    ['an id followed by another URI', [`URI:${GATEWAY}`, 'URI:https://shop.test/']],
    ['another URI followed by an id', ['URI:https://shop.test/', `URI:${GATEWAY}`]],
    ['another trust domain', ['URI:spiffe://evil.test/gateway']],
    ['a subdomain of the trust domain', ['URI:spiffe://a.shop.test/gateway']],
    ['a domain that starts with the trust domain', ['URI:spiffe://shop.test.evil.test/gateway']],
    ['a domain that ends with the trust domain', ['URI:spiffe://evilshop.test/gateway']],
    ['the trust domain as user information', ['URI:spiffe://shop.test@evil.test/gateway']],
    ['the trust domain in capitals', ['URI:spiffe://SHOP.TEST/gateway']],
    ['a port', ['URI:spiffe://shop.test:443/gateway']],
    ['a path with dots', ['URI:spiffe://shop.test/orders/../gateway']],
    ['an encoded path', ['URI:spiffe://shop.test/%67ateway']],
    ['a query', ['URI:spiffe://shop.test/gateway?admin']],
    ['the trust domain without a workload', ['URI:spiffe://shop.test']],
    ['another scheme', ['URI:https://shop.test/gateway']],
  ])('R146, R86: refuses %s', async (_what, names) => {
    const answer = await service.ask({ as: service.authority.issue({ names }) });
    expect(answer).toMatchObject({ status: 400, body: { code: 'caller_invalid' } });
    expect(answer.body.detail).not.toMatch(/evil|spiffe:/);
    expect(service.spans.at(-1)?.caller).toBeUndefined();
  });

  it('R146: does not accept a certificate authority as a workload', async () => {
    const extensions = ['basicConstraints=critical,CA:TRUE'];
    const answer = await service.ask({ as: service.authority.issue({ names: [`URI:${GATEWAY}`], extensions }) });
    expect(answer).toMatchObject({ status: 400, body: { code: 'caller_invalid' } });
  });
});
