import type { Browser } from 'playwright-core';
import type { RequestSummary, TokenInspection, TraceReport } from '../../libs/itok/src/trace/index.js';
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

/** A report that lists its services in another order. */
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

  it('lists the last requests, newest on top, and shows the newest', async () => {
    const newest = watched.page.getByRole('option').first();
    expect(await newest.innerText()).toContain('502');
    await shown(failed.txn).waitFor();
    expect(watched.complaints).toEqual([]);
    expect(new Set(watched.asked.map((url) => new URL(url).host)).size).toBe(1);
  });

  it('adds a request on top as soon as it has ended', async () => {
    server.ended(summary(another('new')));
    await watched.page.getByText('GET /new').first().waitFor();
    expect((await ops())[0]).toBe('GET /new');
  });

  it('keeps the selected request, which has its own address', async () => {
    await watched.page.getByRole('option').nth(1).click();
    await shown(placed.txn).waitFor();
    server.ended(summary(another('new')));
    await watched.page.getByRole('option').nth(2).waitFor();
    expect(await shown(placed.txn).count()).toBe(1);
    expect(new URL(watched.page.url()).hash).toBe(`#${placed.txn}`);
  });

  it('keeps the request being read until told to follow the newest again', async () => {
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

  it("keeps every service's colour, whichever request is shown", async () => {
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

  it('says that it does not know a request', async () => {
    await watched.page.goto(`${server.url}#${'0'.repeat(32)}`);
    await watched.page.getByText('does not know this request').waitFor();
    expect(await watched.page.locator('.trace-header').count()).toBe(0);
  });

  it('pauses the list, and counts the requests that arrive', async () => {
    await watched.page.keyboard.press('p');
    server.ended(summary(another('new')));
    server.ended(summary(another('later')));
    await watched.page.getByRole('button', { name: 'Resume (2)' }).waitFor();
    expect(await ops()).toHaveLength(2);
    await watched.page.keyboard.press('p');
    expect(await ops()).toHaveLength(4);
  });

  it('moves through the requests with j and k, and filters them', async () => {
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

  it('hides health probes, says how many, and shows them on request', async () => {
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

  it('reconnects after the server restarts', async () => {
    await watched.page.getByText('live', { exact: true }).last().waitFor();
    await server.stop();
    await watched.page.getByText('not connected, trying again').waitFor();
    await server.start();
    await watched.page.locator('.connection.connected').waitFor();
    server.ended(summary(another('new')));
    await watched.page.getByText('GET /new').first().waitFor();
  });

  it('draws the map and the durations of the requests it has received', async () => {
    await watched.page.keyboard.press('2');
    await watched.page.locator('.node-database').waitFor();
    await watched.page.keyboard.press('3');
    await watched.page.locator('.histogram canvas').waitFor();
    expect(watched.complaints).toEqual([]);
  });

  it('lists the keys with their states', async () => {
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

    it('shows why a token is refused, and its content as text', async () => {
      expect(await inspect('old')).toMatch(/Refused\s+txn_expired\s+The token has expired/);
      expect(await watched.page.getByRole('row', { name: 'exp' }).innerText()).toMatch(
        /1700000000\s+2023-11-1\d .* ago/,
      );
      expect(await watched.page.getByRole('row', { name: 'sub' }).innerText()).toContain('<b>ada</b>');
      expect(await watched.page.getByText('decoded, not verified').count()).toBe(1);
    });

    it('shows that a token is valid', async () => {
      expect(await inspect(' good\n')).toContain('Valid');
      expect(await inspect('Txn-Token: good')).toContain('Valid');
      expect(await watched.page.getByText('decoded, not verified').count()).toBe(0);
    });

    it('puts the token into no address and no storage', async () => {
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
