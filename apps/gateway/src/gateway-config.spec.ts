import { ConfigurationError } from '@app/runtime';
import { loadGatewayConfig } from './gateway-config.js';

const namesMissing = (environment: Record<string, string>): string[] => {
  try {
    loadGatewayConfig(environment);
    return [];
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems.map(({ name }) => name);
    throw error;
  }
};

const PRODUCTION = {
  NODE_ENV: 'production',
  HOST: '0.0.0.0',
  PORT: '8080',
  INTERNAL_HOST: '127.0.0.1',
  INTERNAL_PORT: '3100',
  TRUST_DOMAIN: 'shop.example.com',
  INTERNAL_TOKEN_SIGNING_KEY_FILE: '/run/secrets/key.pem',
  ACCESS_TOKEN_ISSUERS: '[{"issuer":"https://id.example.com","audience":"https://api.example.com","discovery":true}]',
  DATABASE_URL: 'postgres://db/shop',
};

describe('The configuration of the gateway', () => {
  it('starts in development without a single setting', () => {
    const { development, values } = loadGatewayConfig({});
    expect(development).toBe(true);
    expect(values).toMatchObject({ PORT: 3000, INTERNAL_PORT: 3100, DEV_IDP_PORT: 3900, LOG_FORMAT: 'pretty' });
  });

  it('R153: names every missing setting outside development, all of them at one start', () => {
    expect(namesMissing({ NODE_ENV: 'production' })).toEqual([
      'HOST',
      'PORT',
      'INTERNAL_HOST',
      'INTERNAL_PORT',
      'TRUST_DOMAIN',
      'INTERNAL_TOKEN_SIGNING_KEY_FILE',
      'ACCESS_TOKEN_ISSUERS',
      'DATABASE_URL',
    ]);
    const {
      INTERNAL_TOKEN_SIGNING_KEY_FILE: _key,
      ACCESS_TOKEN_ISSUERS: _issuers,
      DATABASE_URL: _url,
      ...rest
    } = PRODUCTION;
    expect(namesMissing(rest)).toEqual(['INTERNAL_TOKEN_SIGNING_KEY_FILE', 'ACCESS_TOKEN_ISSUERS', 'DATABASE_URL']);
  });

  it('names an invalid setting once, and says what is wrong with it', () => {
    expect(() => loadGatewayConfig({ ...PRODUCTION, ACCESS_TOKEN_ISSUERS: '[{"issuer":' })).toThrow(
      /1 setting.*\n  ACCESS_TOKEN_ISSUERS: expected JSON\. /,
    );
  });

  it('is valid with these settings, and can be printed as JSON', () => {
    const { development, values } = loadGatewayConfig(PRODUCTION);
    expect(development).toBe(false);
    expect(values.LOG_FORMAT).toBe('json');
    expect(values.ACCESS_TOKEN_ISSUERS).toHaveLength(1);
  });

  it('needs no database when every domain is extracted', () => {
    const { DATABASE_URL: _url, ...rest } = PRODUCTION;
    const urls = { CATALOG_URL: 'https://c', INVENTORY_URL: 'https://i', ORDERS_URL: 'https://o' };
    expect(namesMissing({ ...rest, ...urls })).toEqual([]);
  });

  it('refuses an internal listener that others can reach without TLS', () => {
    expect(namesMissing({ ...PRODUCTION, INTERNAL_HOST: '0.0.0.0' })).toEqual(['INTERNAL_HOST']);
    expect(namesMissing({ ...PRODUCTION, INTERNAL_HOST: '0.0.0.0', INTERNAL_ALLOW_PLAINTEXT: 'mesh' })).toEqual([]);
  });

  it('R112: refuses a token lifetime of more than five minutes', () => {
    expect(namesMissing({ INTERNAL_TOKEN_TTL_SECONDS: '301' })).toEqual(['INTERNAL_TOKEN_TTL_SECONDS']);
  });

  describe('of signing keys', () => {
    const { INTERNAL_TOKEN_SIGNING_KEY_FILE: file, ...without } = PRODUCTION;
    const directory = { ...without, INTERNAL_TOKEN_KEYS_DIRECTORY: '/var/lib/keys' };
    const keys = '{"keys":[{"kty":"EC"}]}';

    it('accepts signing keys as a file, a directory or a key set', () => {
      expect(namesMissing(directory)).toEqual([]);
      expect(namesMissing({ ...without, INTERNAL_TOKEN_SIGNING_KEYS: keys })).toEqual([]);
    });

    it('refuses more than one source of signing keys', () => {
      expect(namesMissing({ ...PRODUCTION, ...directory, INTERNAL_TOKEN_SIGNING_KEYS: keys })).toEqual([
        'INTERNAL_TOKEN_KEYS_DIRECTORY',
        'INTERNAL_TOKEN_SIGNING_KEYS',
      ]);
    });

    it('R110: refuses a signing key that is also used for TLS', () => {
      const tls = { TLS_CERT_FILE: '/run/tls.pem', TLS_KEY_FILE: file };
      expect(namesMissing({ ...PRODUCTION, ...tls })).toEqual(['INTERNAL_TOKEN_SIGNING_KEY_FILE']);
    });

    it('R104: accepts a rotation policy only for a directory, and only if it matches the lifetime', () => {
      const policy = { INTERNAL_TOKEN_ROTATION: '{"rotateEverySeconds":86400,"retireAfterSeconds":70}' };
      expect(namesMissing({ ...directory, ...policy })).toEqual([]);
      expect(namesMissing({ ...directory, ...policy, INTERNAL_TOKEN_TTL_SECONDS: '120' })).toEqual([
        'INTERNAL_TOKEN_ROTATION',
      ]);
      expect(namesMissing({ ...PRODUCTION, ...policy })).toEqual(['INTERNAL_TOKEN_ROTATION']);
    });

    it('R111: never quotes the key set in an error', () => {
      const broken = '{"keys":[{"kty":"EC","d":"a-private-part"}';
      expect(() => loadGatewayConfig({ ...without, INTERNAL_TOKEN_SIGNING_KEYS: broken })).toThrow(
        expect.objectContaining({ message: expect.not.stringContaining('a-private-part') as string }) as Error,
      );
    });
  });
});
