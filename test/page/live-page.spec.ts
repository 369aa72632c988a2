import type { Browser } from 'playwright-core';
import type { RequestSummary, TokenInspection, TraceReport } from '../../libs/internal-token/src/trace/index.js';
import { describeWithBrowser, openBrowser } from '../support/browser/chromium.js';
import { LiveServer } from '../support/browser/live-server.js';
import { openWatched, type WatchedPage } from '../support/browser/watched-page.js';
import { failedOrder } from '../support/trace/failed-order.js';
import { placedOrder } from '../support/trace/placed-order.js';

const placed = placedOrder().trace;
const failed = failedOrder().trace;

const summary = ({
  txn,
  startedAt,
  duration,
  op,
  service,
  failed: bad,
  status = 'ok',
}: TraceReport): RequestSummary => ({
  txn,
  startedAt,
  duration,
  op,
  service,
  failed: bad,
  unfinished: false,
  status,
});

/** Its services are listed in another order. */
const backwards: TraceReport = {
  ...placed,
  txn: 'backwards',
  op: 'GET /backwards',
  services: placed.services.toReversed(),
};
const another = (txn: string): TraceReport => ({ ...placed, txn, op: `GET /${txn}` });
const EXPIRED: TokenInspection = {
  valid: false,
  code: 'txn_expired',
  reason: 'The token has expired.',
  header: { alg: 'ES256', kid: 'k-1' },
  claims: { sub: '<b>ada</b>', exp: 1_700_000_000 },
  keyState: 'retiring',
};
const VALID: TokenInspection = { valid: true, header: { alg: 'ES256' }, claims: { sub: 'ada' }, keyState: 'active' };

describeWithBrowser('the live page', () => {
  let browser: Browser;
  let server: LiveServer;
  let watched: WatchedPage;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    server = new LiveServer({
      requests: [summary(placed), summary(failed)],
      traces: new Map([placed, failed, backwards, another('new'), another('later')].map((trace) => [trace.txn, trace])),
      capture: placedOrder().capture,
      keys: [
        { keyId: 'k-2', algorithm: 'ES256', state: 'active', activateAt: Date.now() - 3_600_000 },
        { keyId: 'k-1', algorithm: 'RS256', state: 'retiring' },
      ],
      inspect: (token) => (token === 'good' ? VALID : EXPIRED),
    });
    await server.start();
    watched = await openWatched(browser, server.url);
    await watched.page.getByRole('option').nth(1).waitFor();
  });
  afterEach(async () => {
    await watched.close();
    await server.stop();
  });

  const ops = (): Promise<string[]> => watched.page.locator('.request-op').allInnerTexts();
  const shown = (txn: string) => watched.page.locator('.facts', { hasText: txn });

  it('lists the last requests, newest on top, and shows that one', async () => {
    const newest = watched.page.getByRole('option').first();
    expect(await newest.innerText()).toContain('502');
    await shown(failed.txn).waitFor();
    expect(watched.complaints).toEqual([]);
    expect(new Set(watched.asked.map((url) => new URL(url).host)).size).toBe(1);
  });

  it('puts a request on top as soon as it has ended', async () => {
    server.ended(summary(another('new')));
    await watched.page.getByText('GET /new').first().waitFor();
    expect((await ops())[0]).toBe('GET /new');
  });

  it('stays with the request that was chosen, which has an address', async () => {
    await watched.page.getByRole('option').nth(1).click();
    await shown(placed.txn).waitFor();
    server.ended(summary(another('new')));
    await watched.page.getByRole('option').nth(2).waitFor();
    expect(await shown(placed.txn).count()).toBe(1);
    expect(new URL(watched.page.url()).hash).toBe(`#${placed.txn}`);
  });

  it('stays with the request that is read, until it is told to follow the newest again', async () => {
    await shown(failed.txn).waitFor();
    await watched.page.getByRole('treegrid').focus();
    server.ended(summary(another('new')));
    await watched.page.getByText('GET /new').first().waitFor();
    await watched.page.getByRole('option').nth(2).waitFor();
    expect(await shown(failed.txn).count()).toBe(1);
    await watched.page.keyboard.press('f');
    await shown('new').waitFor();
    expect(new URL(watched.page.url()).hash).toBe('');
    expect(await watched.page.getByRole('button', { name: 'Follow' }).count()).toBe(0);
    server.ended(summary(another('later')));
    await shown('later').waitFor();
  });

  it('leaves every service its colour, whichever request is shown', async () => {
    const colour = async (service: string): Promise<string> =>
      watched.page
        .locator('.row-span', { hasText: service })
        .last()
        .locator('.dot')
        .evaluate((dot) => getComputedStyle(dot).backgroundColor);
    await shown(failed.txn).waitFor();
    const before = await colour('inventory');
    server.ended(summary(backwards));
    await watched.page.getByText('GET /backwards').first().click();
    await shown('backwards').waitFor();
    expect(await colour('inventory')).toBe(before);
  });

  it('says of a request that it does not know it', async () => {
    await watched.page.goto(`${server.url}#${'0'.repeat(32)}`);
    await watched.page.getByText('does not know this request').waitFor();
    expect(await watched.page.locator('.trace-header').count()).toBe(0);
  });

  it('stands still while paused, and counts what has come', async () => {
    await watched.page.keyboard.press('p');
    server.ended(summary(another('new')));
    server.ended(summary(another('later')));
    await watched.page.getByRole('button', { name: 'Go on (2)' }).waitFor();
    expect(await ops()).toHaveLength(2);
    await watched.page.keyboard.press('p');
    expect(await ops()).toHaveLength(4);
  });

  it('goes through the requests with j and k, and filters them', async () => {
    await shown(failed.txn).waitFor();
    await watched.page.keyboard.press('j');
    await shown(placed.txn).waitFor();
    await watched.page.keyboard.press('k');
    await shown(failed.txn).waitFor();
    await watched.page.getByLabel('Filter requests').fill('201');
    expect(await ops()).toHaveLength(1);
    await watched.page.getByLabel('Filter requests').fill('error');
    expect(await watched.page.getByRole('option').innerText()).toContain('502');
  });

  it('leaves health probes out, says how many, and shows them when asked', async () => {
    const probe = (txn: string): RequestSummary => ({ ...summary(another(txn)), op: 'GET /health/ready' });
    server.ended(probe('one'));
    const toggle = watched.page.getByRole('button', { name: '1 health probe hidden' });
    await toggle.waitFor();
    server.ended(probe('two'));
    await watched.page.getByRole('button', { name: '2 health probes hidden' }).click();
    expect((await ops()).slice(0, 2)).toEqual(['GET /health/ready', 'GET /health/ready']);
    await watched.page.keyboard.press('h');
    await watched.page.getByRole('button', { name: '2 health probes hidden' }).waitFor();
    expect(await ops()).toHaveLength(2);
  });

  it('comes back by itself when the server has been restarted', async () => {
    await watched.page.getByText('live', { exact: true }).last().waitFor();
    await server.stop();
    await watched.page.getByText('not connected, trying again').waitFor();
    await server.start();
    await watched.page.locator('.connection.connected').waitFor();
    server.ended(summary(another('new')));
    await watched.page.getByText('GET /new').first().waitFor();
  });

  it('draws the map and the durations of what it has seen', async () => {
    await watched.page.keyboard.press('2');
    await watched.page.locator('.node-database').waitFor();
    await watched.page.keyboard.press('3');
    await watched.page.locator('.histogram canvas').waitFor();
    expect(watched.complaints).toEqual([]);
  });

  it('lists the keys and the state of each', async () => {
    await watched.page.keyboard.press('5');
    await watched.page.getByRole('row', { name: 'k-2' }).waitFor();
    expect(await watched.page.getByRole('row', { name: 'k-2' }).innerText()).toMatch(
      /ES256\s+active\s+signs\s+1 h ago/,
    );
    expect(await watched.page.getByRole('row', { name: 'k-1' }).innerText()).toContain('retiring');
  });

  describe('inspecting a token', () => {
    const inspect = async (token: string): Promise<string> => {
      await watched.page.keyboard.press('4');
      await watched.page.getByLabel(/An internal token/).fill(token);
      await watched.page.getByRole('button', { name: 'Inspect' }).click();
      const verdict = watched.page.locator('.verdict-line');
      await verdict.waitFor();
      return verdict.innerText();
    };

    it('says why it is refused, and what it says, as text', async () => {
      expect(await inspect('old')).toMatch(/Refused\s+txn_expired\s+The token has expired/);
      expect(await watched.page.getByRole('row', { name: 'exp' }).innerText()).toMatch(
        /1700000000\s+2023-11-1\d .* ago/,
      );
      expect(await watched.page.getByRole('row', { name: 'sub' }).innerText()).toContain('<b>ada</b>');
      expect(await watched.page.getByText('read, not proven').count()).toBe(1);
    });

    it('says that it is valid', async () => {
      expect(await inspect(' good\n')).toContain('Valid');
      expect(await inspect('Txn-Token: good')).toContain('Valid');
      expect(await watched.page.getByText('read, not proven').count()).toBe(0);
    });

    it('leaves the token in no address and no storage', async () => {
      const token = 'a-token-that-nobody-else-may-have';
      await inspect(token);
      const kept = await watched.page.evaluate(() =>
        JSON.stringify([
          location.href,
          history.state,
          Object.entries(localStorage),
          Object.entries(sessionStorage),
          document.cookie,
        ]),
      );
      expect([kept, ...server.asked, ...watched.asked].join('\n')).not.toContain(token);
      await watched.page.reload();
      await watched.page.keyboard.press('4');
      expect(await watched.page.getByLabel(/An internal token/).inputValue()).toBe('');
    });
  });
});
