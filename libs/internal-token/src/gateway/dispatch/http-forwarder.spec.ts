import { Logger } from '@nestjs/common';
import { OptionPath } from '../../core/index.js';
import { FieldRules } from '../normalize/field-rules.js';
import { GatewayRefusals } from '../gateway-refusals.js';
import { HttpForwarder } from './http-forwarder.js';
import { forwardingOptions, type UpstreamOptions } from './forwarding.options.js';

const warned: string[] = [];

async function open(lifetimeSeconds: number, options: Partial<UpstreamOptions> = {}): Promise<readonly string[]> {
  warned.splice(0);
  const upstreams = { orders: { origin: 'http://127.0.0.1:9', ...options } };
  const forwarding = forwardingOptions({ upstreams }, new OptionPath('test', 'forwarding'));
  const settings = { forwarding, fieldRules: new FieldRules(), forwardAuthorization: false, forwardCookies: false };
  const refusals = new GatewayRefusals({ realm: 'api' });
  const forwarder = new HttpForwarder(settings, { service: 'gateway' }, refusals);
  forwarder.open(lifetimeSeconds);
  await forwarder.close();
  return warned;
}

describe('HttpForwarder', () => {
  beforeEach(() => {
    const silent = (): void => undefined;
    const warn = (message: string): void => void warned.push(message);
    Logger.overrideLogger({ log: silent, error: silent, warn });
  });
  afterEach(() => Logger.overrideLogger(false));

  it('R113a: warns about a time-out that is longer than the life of a token', async () => {
    expect(await open(60, { timeoutMs: 60_000 })).toEqual([expect.stringMatching(/60000.*60 s.*below/)]);
    expect(await open(30, { timeoutMs: 45_000 })).toHaveLength(1);
  });

  it('R113a: the default time-out is shorter than any token lifetime', async () => {
    for (const lifetime of [1, 10, 60, 300]) expect(await open(lifetime)).toEqual([]);
    expect(await open(60, { timeoutMs: 59_999 })).toEqual([]);
  });
});
