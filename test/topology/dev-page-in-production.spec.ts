import { generateKeyPairSync } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Application } from '../../scripts/lib/application.mjs';
import { entryOf } from '../../scripts/lib/build.mjs';
import { freePorts } from '../../scripts/lib/free-ports.mjs';

const RECORDER = new URL('../support/module-recorder.mjs', import.meta.url).href;
/** The rooms that only development needs: log files and identity provider. */
const DEVELOPMENT = /internal-token\/src\/dev\/|\/itok\/src\/|\/development-log\.js|\/dev-idp\//;
const PATHS = ['/__dev', '/__dev/', '/__dev/requests', '/__dev/capture', '/__dev/keys', '/__dev/inspect'];

describe('a built gateway', () => {
  let directory: string;
  const running: Application[] = [];

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'in-production-'));
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    await writeFile(join(directory, 'key.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
  });
  afterAll(async () => {
    await Promise.all(running.map((application) => application.stop()));
    await rm(directory, { recursive: true, force: true });
  });

  /** The same settings, which suffice in production, and the modules loaded with them. */
  const start = async (settings: Readonly<Record<string, string>>) => {
    const ports = await freePorts(3);
    const [port, internal, elsewhere] = ports.map(String);
    const modules = join(directory, `modules-${port}`);
    const application = new Application(
      'gateway',
      {
        PATH: process.env['PATH'],
        LOADED_MODULES: modules,
        DEV_DIRECTORY: join(directory, 'dev'),
        HOST: '127.0.0.1',
        PORT: port!,
        INTERNAL_HOST: '127.0.0.1',
        INTERNAL_PORT: internal!,
        TRUST_DOMAIN: 'shop.test',
        INTERNAL_TOKEN_SIGNING_KEY_FILE: join(directory, 'key.pem'),
        ACCESS_TOKEN_ISSUERS: JSON.stringify([
          { issuer: 'https://id.example', audience: 'https://api.example', jwksUri: 'https://127.0.0.1:1/jwks' },
        ]),
        CATALOG_URL: `http://127.0.0.1:${elsewhere}`,
        INVENTORY_URL: `http://127.0.0.1:${elsewhere}`,
        ORDERS_URL: `http://127.0.0.1:${elsewhere}`,
        SHUTDOWN_DELAY_MS: '0',
        ...settings,
      },
      ['--import', RECORDER, entryOf('gateway')],
    );
    running.push(application);
    const output = text(application.stdout);
    await application.untilAnswering(`http://127.0.0.1:${internal}/health/live`);
    return {
      ask: (path: string, init?: RequestInit) => fetch(`http://127.0.0.1:${port}${path}`, init),
      loaded: () => readFileSync(modules, 'utf8').split('\n'),
      /** Everything it has printed; ends it. */
      output: async () => {
        await application.stop();
        return output;
      },
    };
  };

  it('has no live page in production: answers 404 and loads none of its code', async () => {
    const { ask, loaded, output } = await start({ NODE_ENV: 'production' });
    const answerOf = async (path: string, init?: RequestInit) => {
      const response = await ask(path, init);
      const { request_id: _, ...problem } = (await response.json()) as Record<string, unknown>;
      return { problem, fields: [...response.headers.keys()] };
    };
    const ordinary = await answerOf('/__nowhere');
    expect(ordinary.problem).toMatchObject({ status: 404, code: 'route_not_found' });
    for (const path of PATHS) expect(await answerOf(path)).toEqual(ordinary);
    const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"token":"x"}' };
    expect((await answerOf('/__dev/inspect', post)).problem).toEqual(ordinary.problem);
    expect(loaded().filter((url) => DEVELOPMENT.test(url))).toEqual([]);
    expect(loaded().length).toBeGreaterThan(500);
    expect(existsSync(join(directory, 'dev'))).toBe(false);
    expect(await output()).not.toContain('live page');
  });

  it('has the live page in development, and the same check sees its code loaded', async () => {
    const { ask, loaded, output } = await start({});
    expect((await ask('/__dev')).status).toBe(200);
    expect((await ask('/__dev/keys')).status).toBe(200);
    const urls = loaded().join('\n');
    for (const file of ['internal-token/src/dev/index.js', 'itok/src/page/index.js', 'itok/src/trace/index.js']) {
      expect(urls).toContain(`${file}\n`);
    }
    expect(urls).toContain('/development-log.js\n');
    expect(existsSync(join(directory, 'dev/log/gateway.ndjson'))).toBe(true);
    expect(await output()).toContain('/__dev');
  });
});
