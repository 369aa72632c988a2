import { loadServiceConfig } from './service-settings.js';

describe('The key source of a service', () => {
  const URI = { INTERNAL_TOKEN_JWKS_URI: 'http://127.0.0.1:3100/.well-known/jwks.json' };
  const FILE = { INTERNAL_TOKEN_JWKS_FILE: '/run/keys/jwks.json' };
  const load = (environment: Record<string, string>) => loadServiceConfig('orders', 3003, environment);

  it('may be configured only once, since two sources would be ambiguous', () => {
    expect(() => load({ ...URI, ...FILE })).toThrow(/INTERNAL_TOKEN_JWKS_FILE: .*INTERNAL_TOKEN_JWKS_URI/);
    for (const one of [URI, FILE, {}]) expect(load(one).values).toMatchObject(one);
  });
});
