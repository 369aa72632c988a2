import axios from 'axios';
import { createServer } from 'node:http';
import { Agent as HttpAgent, request } from 'node:http';
import { once } from 'node:events';
import { EnvHttpProxyAgent, ProxyAgent, request as undiciRequest } from 'undici';
import { refusalOf, useCallerWithPeers } from './support/outgoing.js';

describe('a proxy in front of an internal origin', () => {
  const world = useCallerWithPeers();
  const tunnels: string[] = [];

  beforeAll(() => {
    world.outside.on('connect', ((req: { url: string }, socket: import('node:net').Socket) => {
      tunnels.push(req.url);
      socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
    }) as never);
  });
  beforeEach(() => void (tunnels.length = 0));

  const nothingArrived = () => {
    expect(world.outside.received).toEqual([]);
    expect(tunnels).toEqual([]);
    expect(world.inside.received).toEqual([]);
  };

  it('R91: is refused with the name of the variable when axios takes it from the environment', async () => {
    const before = process.env['http_proxy'];
    process.env['http_proxy'] = world.outside.origin;
    try {
      const call = world.caller.as('ada', () => axios.get(`${world.inside.origin}/`));
      expect(await refusalOf(call)).toBe('internal_call_unsafe');
      await expect(world.caller.as('ada', () => axios.get(`${world.inside.origin}/`))).rejects.toThrow(/NO_PROXY/);
    } finally {
      if (before === undefined) delete process.env['http_proxy'];
      else process.env['http_proxy'] = before;
    }
    nothingArrived();
  });

  it("R91: is refused when set by axios's proxy option", async () => {
    const proxy = { protocol: 'http', host: '127.0.0.1', port: world.outside.port };
    const call = world.caller.as('ada', () => axios.get(`${world.inside.origin}/`, { proxy }));
    expect(await refusalOf(call)).toBe('internal_call_unsafe');
    nothingArrived();
  });

  it("R91: is refused when set by a node:http agent's proxyEnv", async () => {
    const options = { proxyEnv: { HTTP_PROXY: world.outside.origin } };
    const agent = new HttpAgent(options as ConstructorParameters<typeof HttpAgent>[0]);
    const call = world.caller.as('ada', async () => {
      const sent = request(world.inside.origin, { agent });
      sent.end();
      await once(sent, 'response');
    });
    expect(await refusalOf(call)).toBe('internal_call_unsafe');
    nothingArrived();
  });

  it.each([
    ['without a tunnel', false],
    ['through a tunnel', true],
  ])("R91: is refused with undici's ProxyAgent, %s", async (_name, proxyTunnel) => {
    const dispatcher = new ProxyAgent({ uri: world.outside.origin, proxyTunnel });
    const call = world.caller.as('ada', () => undiciRequest(`${world.inside.origin}/`, { dispatcher }));
    expect(await refusalOf(call)).toBe('internal_call_unsafe');
    await dispatcher.destroy();
    nothingArrived();
  });

  it("R91: is refused with undici's EnvHttpProxyAgent", async () => {
    const dispatcher = new EnvHttpProxyAgent({ httpProxy: world.outside.origin, noProxy: '' });
    const call = world.caller.as('ada', () => undiciRequest(`${world.inside.origin}/`, { dispatcher }));
    expect(await refusalOf(call)).toBe('internal_call_unsafe');
    await dispatcher.destroy();
    nothingArrived();
  });

  it('is allowed for external hosts, without a token', async () => {
    const elsewhere = createServer();
    elsewhere.unref();
    const proxy = { protocol: 'http', host: '127.0.0.1', port: world.outside.port };
    await world.caller.as('ada', () =>
      axios.get('http://partner.example/', { proxy, headers: { 'Txn-Token': 'eyJ' } }),
    );
    expect(world.outside.last.url).toBe('http://partner.example/');
    expect(world.outside.last.tokens).toEqual([]);
  });
});
