import { appendFileSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import { Shop } from '../../scripts/lib/shop.mjs';
import { signIn } from '../../scripts/lib/sign-in.mjs';
import { createSigner, encodedToken, newTransactionId, TokenMinter } from '../../libs/internal-token/src/core/index.js';
import type { TraceReport } from '../../libs/itok/src/trace/index.js';
import { describeWithBrowser, LONGEST_WAIT_MS, openBrowser } from '../support/browser/chromium.js';
import { HttpClient } from '../support/http-client.js';
import { openShopDatabase, type ShopDatabase } from '../support/topology/shop-database.js';

const ROPE = '0197a000-0000-7000-8000-00000000ac02';
const ORDER = { method: 'POST', body: { lines: [{ itemId: ROPE, quantity: 1 }] } };
const SPLITS = { 'the monolith': [], 'four processes': ['orders', 'inventory', 'catalog'] };
const KEY_ID = /(?<="kid":")[\w-]{43}(?=")/;
/** The directory for screenshots, to look at what the test has seen. */
const PICTURES = process.env['TEST_PICTURES'];

for (const [name, extracted] of Object.entries(SPLITS)) {
  describeWithBrowser(`the live page of ${name}`, () => {
    const picture = name.split(' ').at(-1);
    const complaints: string[] = [];
    let directory: string;
    let database: ShopDatabase;
    let shop: Shop;
    let client: HttpClient;
    let browser: Browser;
    let page: Page;
    let alice: ReturnType<HttpClient['as']>;

    beforeAll(async () => {
      directory = await mkdtemp(join(tmpdir(), 'dev-page-'));
      database = await openShopDatabase();
      shop = await Shop.start({
        extracted,
        settings: { DEV_DIRECTORY: directory, LOG_FORMAT: 'pretty', ...database.settings },
      });
      client = new HttpClient(shop.url, 4);
      const { accessToken } = (await signIn({ login: 'alice', issuer: shop.issuer })) as { accessToken: string };
      alice = client.as(accessToken);
      browser = await openBrowser();
      page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
      page.setDefaultTimeout(LONGEST_WAIT_MS);
      page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
      page.on('pageerror', (error) => complaints.push(error.message));
      await page.goto(`${shop.url}/__dev`);
    });

    afterAll(async () => {
      await browser?.close();
      client?.close();
      await shop?.stop();
      await database?.drop();
      await rm(directory, { recursive: true, force: true });
    });

    const photograph = async (what: string): Promise<void> => {
      if (PICTURES === undefined) return;
      mkdirSync(PICTURES, { recursive: true });
      await page.screenshot({ path: join(PICTURES, `dev-${picture}-${what}.png`) });
    };
    const tab = (which: string): Promise<void> => page.getByRole('tab', { name: which }).click();
    const main = () => page.locator('.live-main');
    const says = (text: string | RegExp): Promise<void> =>
      main().getByText(text).filter({ visible: true }).first().waitFor();
    const request = (txn: string) => page.locator(`#request-${txn}`);
    const placeOrder = async (): Promise<string> => {
      const { status, headers } = await alice('/orders', ORDER);
      expect(status).toBe(201);
      return String(headers['x-request-id']);
    };

    /** Once the files of all processes have been read. */
    const wholeReport = async (txn: string): Promise<TraceReport> => {
      for (;;) {
        const report = (await (await fetch(`${shop.url}/__dev/requests/${txn}`)).json()) as TraceReport;
        if (!report.unfinished && report.gaps.length === 0) return report;
        await delay(50);
      }
    };

    it('shows an order as it arrives, and what each module did for it', async () => {
      const txn = await placeOrder();
      await request(txn).click();
      for (const operation of ['POST /orders', 'catalog.findItems', 'inventory.reserve', 'inventory.confirm']) {
        await says(operation);
      }
      const report = await wholeReport(txn);
      expect(report.services.toSorted()).toEqual(['catalog', 'gateway', 'inventory', 'orders']);
      expect(report.status).toBe(201);
      await photograph('waterfall');
    });

    it('puts a refused request on top', async () => {
      const { headers } = await alice('/orders', { method: 'POST', body: { lines: 'none' } });
      await request(String(headers['x-request-id'])).waitFor();
      const [first] = await page.getByRole('option').all();
      expect(await first?.getAttribute('id')).toBe(`request-${String(headers['x-request-id'])}`);
    });

    it('draws who calls whom', async () => {
      await tab('Map');
      for (const service of ['gateway', 'orders', 'inventory', 'catalog']) {
        await main().locator('svg').getByText(service).first().waitFor();
      }
      await photograph('map');
      await tab('Latency');
      await says('inventory.reserve');
      await photograph('latency');
    });

    it('says whether a token would be accepted, and if not, why', async () => {
      const token = await mint(directory);
      await tab('Token');
      await page.locator('#token').fill(token);
      await page.getByRole('button', { name: 'Inspect' }).click();
      await says('Valid');
      await says('somebody-in-a-test');
      await says('Signed by a key that is active.');
      await photograph('token');
      const [header, payload, signature = ''] = token.split('.');
      const forged = `${header}.${payload}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`;
      await page.locator('#token').fill(forged);
      await page.getByRole('button', { name: 'Inspect' }).click();
      await says('txn_signature');
      await says(/The signature of the internal token is not valid/);
      await photograph('token-refused');
      expect(await page.content()).not.toContain(signature);
    });

    it('lists the keys and their states', async () => {
      await tab('Keys');
      await main()
        .getByRole('cell', { name: /active.*signs/ })
        .waitFor();
      await photograph('keys');
    });

    it('shows text that strangers wrote into the log as plain text', async () => {
      const attack = '<img src=x onerror="window.attacked=1"></script><script>window.attacked=1</script>';
      const txn = newTransactionId();
      const line = {
        time: Date.now(),
        level: 'error',
        msg: attack,
        service: attack,
        instance: attack,
        txn,
        op: attack,
      };
      const span = { span_id: 'abcdefabcdefabcd', ev: 'end', kind: 'server', dur: 5, status: 500, tenant: attack };
      const err = { type: attack, message: attack, stack: attack };
      appendFileSync(
        join(directory, 'log/stranger.ndjson'),
        `${JSON.stringify({ ...line, ...span, err, peer: attack, route: attack })}\n`,
      );
      await request(txn).click();
      for (const each of ['Waterfall', 'Map', 'Latency']) {
        await tab(each);
        await says(/window\.attacked/);
        await photograph(`hostile-${each.toLowerCase()}`);
      }
      expect(await page.evaluate('window.attacked')).toBeUndefined();
    });

    it('adds no log line of its own and causes no browser errors', () => {
      const lines = shop.names.flatMap((each) => linesOf(join(directory, 'log', `${each}.ndjson`)));
      expect(lines.length).toBeGreaterThan(10);
      expect(lines.filter((text) => text.includes('__dev'))).toEqual([]);
      expect(complaints).toEqual([]);
    });

    it('reads log files that only their owner may read', () => {
      const files = readdirSync(join(directory, 'log')).filter((file) => !file.startsWith('stranger'));
      expect(files.toSorted()).toEqual(shop.names.map((each) => `${each}.ndjson`).toSorted());
      for (const file of files) expect(statSync(join(directory, 'log', file)).mode & 0o077).toBe(0);
      for (const text of files.flatMap((file) => linesOf(join(directory, 'log', file)))) {
        expect(JSON.parse(text)).toMatchObject({ time: expect.any(Number), service: expect.any(String) });
        // A thumbprint may start like a token by chance.
        expect(text.replace(KEY_ID, '')).not.toContain('eyJ');
      }
    });
  });
}

function linesOf(path: string): string[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((text) => text !== '');
}

/** A token signed with this working copy's key, as its gateway would issue it. */
async function mint(directory: string): Promise<string> {
  const key = readFileSync(join(directory, 'signing-key.es256.pem'), 'utf8');
  const signer = await createSigner({ key, algorithm: 'ES256' });
  const minter = new TokenMinter({ trustDomain: 'shop.localhost', issuer: 'api_gateway', workload: 'gateway', signer });
  return encodedToken(
    minter.mint({
      tokenId: newTransactionId(),
      userId: 'somebody-in-a-test',
      tenantId: 'acme',
      permissions: ['orders:read'],
      scope: 'orders.read',
      authenticated: true,
    }),
  );
}
