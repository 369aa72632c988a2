import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { ConfigurationError } from './configuration-error.js';
import { type Environment, loadSettings } from './load-settings.js';
import { parse } from './parse.js';
import { loadServiceConfig, refreshWarning } from './service-settings.js';
import { listenerSettings, plaintextProblems, tlsPairProblems, trustSettings } from './shared-settings.js';

const settings = {
  ...listenerSettings(3000),
  ...trustSettings,
  LIMITS: { schema: parse.json(z.strictObject({ depth: z.number() })), description: 'Limits.', optional: true },
} as const;

const load = (environment: Environment) => loadSettings('sample', settings, environment);

const problemsOf = (environment: Environment) => {
  try {
    load(environment);
  } catch (error) {
    if (error instanceof ConfigurationError) return Object.fromEntries(error.problems.map((p) => [p.name, p.message]));
    throw error;
  }
  return {};
};

const configFile = (content: string): string => {
  const path = join(mkdtempSync(join(tmpdir(), 'settings-')), 'config.json');
  writeFileSync(path, content);
  return path;
};

describe('The settings', () => {
  it('get development defaults only if no other machine can connect', () => {
    const { values, development } = load({});
    expect(development).toBe(true);
    expect(values).toMatchObject({ HOST: '127.0.0.1', PORT: 3000, TRUST_DOMAIN: 'shop.localhost' });
  });

  it.each([
    [{ NODE_ENV: 'production' }],
    [{ HOST: '0.0.0.0' }],
    [{ INTERNAL_HOST: '10.0.0.7' }],
    [{ HOST: '::' }],
    [{ HOST: 'localhost.example.com' }],
  ])('never get development defaults otherwise: %j', (environment) => {
    expect(problemsOf(environment)).toMatchObject({
      TRUST_DOMAIN: expect.stringContaining('missing. Name of the trust domain'),
      PORT: expect.stringContaining('missing.'),
    });
  });

  it('prefer the environment over the file, and the file over defaults', () => {
    const CONFIG_FILE = configFile('{"PORT": 4000, "TRUST_DOMAIN": "from.file"}');
    expect(load({ CONFIG_FILE, PORT: '5000' }).values).toMatchObject({ PORT: 5000, TRUST_DOMAIN: 'from.file' });
  });

  it('get no development defaults if the file sets a public host', () => {
    expect(problemsOf({ CONFIG_FILE: configFile('{"HOST": "0.0.0.0"}') })).toHaveProperty('TRUST_DOMAIN');
  });

  it('treat an empty variable as absent', () => {
    expect(load({ PORT: '' }).values.PORT).toBe(3000);
  });

  it.each(['abc', '-1', '65536', '3000.5', '1e3', ' 80'])('refuse the port %j by its name', (PORT) => {
    expect(problemsOf({ PORT })).toEqual({ PORT: expect.stringContaining('Port to listen on.') });
  });

  it('name an unknown setting in the file, and a file that is not a JSON object', () => {
    expect(problemsOf({ CONFIG_FILE: configFile('{"PROT": 1, "toString": 1}') })).toMatchObject({
      PROT: expect.any(String),
      toString: expect.any(String),
    });
    expect(problemsOf({ CONFIG_FILE: configFile('[]') })).toHaveProperty('CONFIG_FILE');
    expect(problemsOf({ CONFIG_FILE: '/nowhere/config.json' })).toHaveProperty('CONFIG_FILE');
  });

  it('accept JSON as text or as a value, name the wrong member, and never repeat the value', () => {
    expect(load({ LIMITS: '{"depth": 3}' }).values.LIMITS).toEqual({ depth: 3 });
    expect(load({ CONFIG_FILE: configFile('{"LIMITS": {"depth": 3}}') }).values.LIMITS).toEqual({ depth: 3 });
    expect(problemsOf({ LIMITS: '{"depth": "secret"}' })['LIMITS']).toMatch(/^depth: .*/);
    expect(JSON.stringify(problemsOf({ LIMITS: '{"depth": "secret"' }))).not.toContain('secret');
  });

  it('report every problem in one start', () => {
    expect(Object.keys(problemsOf({ PORT: 'x', INTERNAL_TOKEN_ALGORITHM: 'HS256' }))).toEqual([
      'PORT',
      'INTERNAL_TOKEN_ALGORITHM',
    ]);
  });

  it('refuse plain http that leaves the machine, unless a mesh encrypts', () => {
    const urls = { CATALOG_URL: 'http://catalog:3001', ORDERS_URL: 'http://127.0.0.1:3003', X: undefined };
    expect(plaintextProblems(urls, undefined).map(({ name }) => name)).toEqual(['CATALOG_URL']);
    expect(plaintextProblems(urls, 'mesh')).toEqual([]);
  });

  it('accept a certificate and its key only together', () => {
    expect(tlsPairProblems({}, 'CERT', 'KEY')).toEqual([]);
    expect(tlsPairProblems({ CERT: 'a', KEY: 'b' }, 'CERT', 'KEY')).toEqual([]);
    expect(tlsPairProblems({ CERT: 'a' }, 'CERT', 'KEY')).toMatchObject([{ name: 'KEY' }]);
    expect(tlsPairProblems({ KEY: 'a' }, 'CERT', 'KEY')).toMatchObject([{ name: 'CERT' }]);
  });

  describe('R82, R149: a mode other than strict', () => {
    const problems = (environment: Environment) => {
      try {
        return loadServiceConfig('orders', 3003, environment).values.INTERNAL_TOKEN_MODE;
      } catch (error) {
        return (error as ConfigurationError).problems.map(({ name }) => name);
      }
    };
    const UNTIL = 'INTERNAL_TOKEN_ALLOW_UNVERIFIED_UNTIL';
    const inDays = (days: number) => new Date(Date.now() + days * 24 * 60 * 60 * 1000).toISOString();

    it('the default mode is strict', () => {
      expect(problems({})).toBe('strict');
    });

    it.each(['presence', 'shadow'])('the mode %s needs an end, in development too', (INTERNAL_TOKEN_MODE) => {
      expect(problems({ INTERNAL_TOKEN_MODE })).toEqual([UNTIL]);
      expect(problems({ INTERNAL_TOKEN_MODE, [UNTIL]: inDays(89) })).toBe(INTERNAL_TOKEN_MODE);
      expect(problems({ INTERNAL_TOKEN_MODE, [UNTIL]: inDays(91) })).toEqual([UNTIL]);
    });

    it.each(['soon', '2026-13-01', '31.12.2026', '2026-12-31T18:00', '1798740000'])(
      'refuses %j as the end of a mode',
      (until) => {
        expect(problems({ INTERNAL_TOKEN_MODE: 'shadow', [UNTIL]: until })).toEqual([UNTIL]);
      },
    );
  });

  describe('between processes', () => {
    const problems = (environment: Environment) => {
      try {
        loadServiceConfig('orders', 3003, environment);
        return [];
      } catch (error) {
        return (error as ConfigurationError).problems.map(({ name }) => name);
      }
    };
    const pair = { INTERNAL_TLS_CERT_FILE: '/run/cert.pem', INTERNAL_TLS_KEY_FILE: '/run/key.pem' };
    const mutual = { ...pair, INTERNAL_CA_FILE: '/run/ca.pem' };
    const callers = { INTERNAL_CALLERS: 'spiffe://shop.test/gateway' };

    it('accept certificate and key between processes only together, and authorities alone', () => {
      expect(problems({ INTERNAL_TLS_CERT_FILE: '/run/cert.pem' })).toEqual(['INTERNAL_TLS_KEY_FILE']);
      expect(problems({ INTERNAL_CA_FILE: '/run/ca.pem' })).toEqual([]);
      expect(problems(pair)).toEqual([]);
    });

    it('R146: accept a list of callers only if clients are asked for a certificate', () => {
      const asked = { INTERNAL_CLIENT_CERTIFICATES: 'asked' };
      expect(problems({ ...mutual, ...callers, ...asked })).toEqual([]);
      for (const less of [{}, pair, { INTERNAL_CA_FILE: '/run/ca.pem' }]) {
        expect(problems({ ...less, ...callers, ...asked })).toEqual([...Object.keys(asked), ...Object.keys(callers)]);
      }
    });
  });

  it.each([
    ['0.5', 0.5],
    ['300', 300],
  ])('accept a refresh interval of %s seconds', (INTERNAL_TOKEN_REFRESH_SECONDS, seconds) => {
    const { values } = loadServiceConfig('orders', 3003, { INTERNAL_TOKEN_REFRESH_SECONDS });
    expect(values.INTERNAL_TOKEN_REFRESH_SECONDS).toBe(seconds);
    expect(refreshWarning(values)).toBeUndefined();
  });

  it('R104: warn about an interval that is longer than the default of a rotation policy', () => {
    const { values } = loadServiceConfig('orders', 3003, { INTERNAL_TOKEN_REFRESH_SECONDS: '301' });
    expect(refreshWarning(values)).toContain('refreshIntervalSeconds of INTERNAL_TOKEN_ROTATION, 301 or more');
  });
});
