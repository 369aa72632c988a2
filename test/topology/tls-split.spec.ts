import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Application } from '../../scripts/lib/application.mjs';
import { freePorts } from '../../scripts/lib/free-ports.mjs';
import { LogLines } from '../../scripts/lib/log-lines.mjs';
import { signIn } from '../../scripts/lib/sign-in.mjs';
import { openShopDatabase, type ShopDatabase } from '../support/topology/shop-database.js';
import { type Certificate, CertificateAuthority, describeWithOpenssl } from '../support/certificate-authority.js';

const GATEWAY = 'spiffe://shop.localhost/gateway';
const CATALOG = 'spiffe://shop.localhost/catalog';
const ITEM = '0197a000-0000-7000-8000-00000000ac02';

describeWithOpenssl('a gateway and a catalog over mutual TLS', () => {
  const authority = new CertificateAuthority('ours');
  const another = new CertificateAuthority('theirs');
  const log = new LogLines();
  const processes: Application[] = [];
  let directory: string;
  let database: ShopDatabase;
  let ports: number[];
  let accessToken: string;

  const write = async (name: string, { cert, key }: Certificate): Promise<void> => {
    await writeFile(join(directory, `${name}.pem`), cert);
    await writeFile(join(directory, `${name}.key`), key);
  };

  const start = (name: string, settings: Record<string, string>): void => {
    const application = new Application(name, {
      PATH: process.env['PATH'],
      DEV_DIRECTORY: directory,
      LOG_FORMAT: 'json',
      INTERNAL_TLS_CERT_FILE: join(directory, `${name}.pem`),
      INTERNAL_TLS_KEY_FILE: join(directory, `${name}.key`),
      INTERNAL_CA_FILE: join(directory, 'ca.pem'),
      ...database.settings,
      ...settings,
    });
    log.read(application.stdout, name);
    processes.push(application);
  };

  const get = (path: string): Promise<Response> =>
    fetch(`http://127.0.0.1:${ports[0]}${path}`, { headers: { authorization: `Bearer ${accessToken}` } });

  const placeOrder = (): Promise<Response> =>
    fetch(`http://127.0.0.1:${ports[0]}/orders`, {
      method: 'POST',
      headers: { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' },
      body: JSON.stringify({ lines: [{ itemId: ITEM, quantity: 1 }] }),
    });

  const catalogAs = (certificate?: Certificate): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port: ports[3], path: '/health/ready', agent: false, ca: authority.pem };
      request({ ...options, ...certificate }, (response) => resolve(response.resume().statusCode))
        .on('error', reject)
        .end();
    });

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tls-split-'));
    database = await openShopDatabase();
    ports = await freePorts(4);
    const [gateway, internal, issuer, catalog] = ports.map(String);
    await writeFile(join(directory, 'ca.pem'), authority.pem);
    await write('gateway', authority.workload(GATEWAY));
    await write('catalog', authority.workload(CATALOG));
    start('gateway', {
      PORT: gateway!,
      INTERNAL_PORT: internal!,
      DEV_IDP_PORT: issuer!,
      CATALOG_URL: `https://127.0.0.1:${catalog}`,
      INTERNAL_CALLERS: 'spiffe://shop.localhost/nobody',
    });
    start('catalog', {
      PORT: catalog!,
      INTERNAL_TOKEN_JWKS_URI: `https://127.0.0.1:${internal}/.well-known/jwks.json`,
      INTERNAL_TOKEN_REFRESH_SECONDS: '0.5',
      INTERNAL_CALLERS: GATEWAY,
    });
    await processes[0]!.untilAnswering(`http://127.0.0.1:${gateway}/catalog/items`);
    ({ accessToken } = (await signIn({ login: 'alice', issuer: `http://127.0.0.1:${issuer}` })) as {
      accessToken: string;
    });
  });

  afterAll(async () => {
    await Promise.all(processes.map((application) => application.stop()));
    await database?.drop();
    await rm(directory, { recursive: true, force: true });
    authority.remove();
    another.remove();
  });

  it('serve forwarded requests and port calls as usual', async () => {
    expect((await get('/catalog/me')).status).toBe(200);
    expect((await placeOrder()).status).toBe(201);
  });

  it('R148: let the catalog log who called', async () => {
    const { headers } = await get('/catalog/me');
    const id = headers.get('x-request-id');
    const written = () =>
      log.lines.filter(({ txn, service, kind }) => txn === id && service === 'catalog' && kind === 'server');
    while (written().length === 0) await delay(50);
    const lines = written();
    expect(lines.map(({ text }) => (JSON.parse(text) as { caller: string }).caller)).toEqual([GATEWAY]);
  });

  it("refuse a client at the catalog without a certificate, or with another authority's", async () => {
    expect(await catalogAs(authority.workload(GATEWAY))).toBe(200);
    await expect(catalogAs()).rejects.toThrow();
    await expect(catalogAs(another.workload(GATEWAY))).rejects.toThrow();
  });

  it('R146: refuse requests from another workload, although it can connect', async () => {
    const options = { host: '127.0.0.1', port: ports[3], path: '/catalog/items', agent: false, ca: authority.pem };
    const certificate = authority.workload('spiffe://shop.localhost/billing');
    const status = await new Promise((resolve, reject) => {
      request({ ...options, ...certificate }, (response) => resolve(response.resume().statusCode))
        .on('error', reject)
        .end();
    });
    expect(status).toBe(403);
  });

  it('rotate every certificate without a failed request, even with a broken one among them', async () => {
    let stop = false;
    const answers: number[] = [];
    const load = Promise.all(
      Array.from({ length: 4 }, async () => {
        while (!stop) answers.push((await get('/catalog/items')).status, (await placeOrder()).status);
      }),
    );
    const said = (text: string) => log.lines.filter((line) => line.text.includes(text)).length;
    for (let round = 1; round <= 2; round++) {
      await write('catalog', authority.workload(CATALOG));
      await write('gateway', authority.workload(GATEWAY));
      while (said('TLS files reloaded') < 2 * round) await delay(50);
    }
    const refused = said('New TLS files cannot be used');
    await writeFile(join(directory, 'catalog.key'), 'broken');
    while (said('New TLS files cannot be used') === refused) await delay(50);
    const from = answers.length;
    while (answers.length < from + 20) await delay(50);
    stop = true;
    await load;
    expect(new Set(answers)).toEqual(new Set([200, 201]));
  });
});
