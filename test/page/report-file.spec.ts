import type { Browser } from 'playwright-core';
import { describeWithBrowser, openBrowser } from '../support/browser/chromium.js';
import { openReport, type WatchedPage } from '../support/browser/watched-page.js';
import { failedOrder } from '../support/trace/failed-order.js';
import { placedOrder } from '../support/trace/placed-order.js';
import { refusedOrder } from '../support/trace/refused-order.js';

describeWithBrowser('the page of a request, opened from disk', () => {
  let browser: Browser;
  let watched: WatchedPage;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser?.close());
  afterEach(() => watched?.close());

  const texts = (selector: string): Promise<string[]> => watched.page.locator(selector).allInnerTexts();

  it('makes no request and logs no complaint, whatever is opened in it', async () => {
    watched = await openReport(browser, failedOrder());
    const { page } = watched;
    for (const key of ['2', '3', '1', 'e', 'Enter', '?', 'Escape', 't', 't', 't', 'c', 'n', '[', ']', 'z', '0']) {
      await page.keyboard.press(key);
    }
    await page.getByRole('treegrid').waitFor();
    expect(watched.asked).toEqual([]);
    expect(watched.complaints).toEqual([]);
  });

  it('shows a row for every span and every line, with their times', async () => {
    const report = placedOrder();
    watched = await openReport(browser, report, { viewport: { width: 1280, height: 1200 } });
    const { page } = watched;
    const lines = report.trace.spans.flatMap(({ notes }) => notes);
    expect(await page.locator('.row-span').count()).toBe(report.trace.spans.length);
    expect(await page.locator('.row-note').count()).toBe(lines.length);
    const update = page.locator('.row', { hasText: 'inventory.update' });
    expect(await update.locator('.cell-number').allInnerTexts()).toEqual(['101 ms', '101 ms']);
    expect(await page.locator('h1').innerText()).toBe('POST /orders');
    expect(await page.locator('.verdict').innerText()).toBe(report.trace.verdict);
    expect(await page.locator('.piece').count()).toBe(report.trace.criticalPath.length);
  });

  it('draws each bar at the time of its span', async () => {
    const report = placedOrder();
    watched = await openReport(browser, report, { viewport: { width: 1280, height: 1200 } });
    const { page } = watched;
    const axis = (await page.locator('.head-row .cell-time').first().boundingBox())!;
    for (const id of ['00f067aa0ba90233', '00f067aa0ba90240']) {
      const span = report.trace.spans.find((each) => each.id === id)!;
      const bar = (await page.locator(`#row-${id} .bar-edge`).boundingBox())!;
      const perMs = axis.width / report.trace.duration;
      expect(Math.abs(bar.x - axis.x - span.offset * perMs)).toBeLessThan(4);
      expect(Math.abs(bar.width - span.duration * perMs)).toBeLessThan(4);
    }
  });

  it('hatches the network, tears the end of an open span, and marks an error not only by colour', async () => {
    watched = await openReport(browser, failedOrder());
    const { page } = watched;
    expect(await page.locator('#row-10f067aa0ba90230 .part-network').count()).toBe(2);
    expect(await page.locator('#row-10f067aa0ba90250 .ragged').count()).toBe(1);
    expect(await page.locator('#row-10f067aa0ba90233').getByRole('img', { name: 'failed' }).count()).toBe(1);
    expect(await page.locator('#row-10f067aa0ba90210').getByRole('img', { name: 'failed' }).count()).toBe(0);
  });

  it('shows what to know before trusting the picture', async () => {
    watched = await openReport(browser, failedOrder());
    const notices = (await texts('.notice')).join('\n');
    expect(notices).toContain('No lines from catalog, called by orders at +5.9 ms');
    expect(notices).toContain('Clock of inventory (inventory-1) is 38.4 ms ahead, ± 1.30 ms');
    expect(notices).toContain('1 span has no end line');
    expect(notices).toContain('PoolError 53300 timeout: no connection within 60 ms');
    expect(await texts('.error-chain li')).toHaveLength(4);
    expect((await texts('.token-hops li')).map((text) => text.trim())).toEqual([
      'gateway 0.0 s',
      'orders 0.0 s',
      'inventory 0.0 s',
    ]);
  });

  it('shows a refusal by its symbol, status and code, and nowhere as a failure', async () => {
    watched = await openReport(browser, refusedOrder());
    const { page } = watched;
    const chain = page.getByRole('navigation', { name: 'Error chain' });
    expect((await chain.getByRole('listitem').allInnerTexts()).map((text) => text.split(/\s+/).at(-1))).toEqual([
      '409',
      '409',
      '409',
    ]);
    expect(await chain.innerText()).toContain('PortError out_of_stock Not enough in stock.');
    const row = page.locator('.row-span', { hasText: 'out_of_stock' }).last();
    expect(await row.getByRole('img', { name: 'refused' }).count()).toBe(1);
    await row.click();
    await page.getByRole('complementary').getByText('Not enough in stock.').first().waitFor();
    expect(
      await page
        .locator(
          '.icon-failed, .is-failed, .failed, .bar-failed, .error-word, .word-failed, .status-failed, .tag-failed',
        )
        .count(),
    ).toBe(0);
  });

  it('opens the details of a span on a click, and continues from there by keyboard', async () => {
    watched = await openReport(browser, failedOrder());
    const { page } = watched;
    await page.locator('.error-chain button').last().click();
    expect(await page.locator('.row.selected').innerText()).toContain('inventory.update');
    await page.keyboard.press('ArrowUp');
    expect(await page.locator('.row.selected').innerText()).not.toContain('inventory.update');
    await page.locator('.row', { hasText: 'inventory.update' }).click();
    expect(await page.getByRole('complementary').innerText()).toContain('inventory.update');
  });

  it('shows the whole sentence in a narrow window with long names', async () => {
    const { trace, ...others } = failedOrder();
    const op = 'POST /tenants/:tenant/warehouses/:warehouse/reservations/:reservation/lines/:line/confirmations';
    const spans = trace.spans.map((span) => ({ ...span, op }));
    watched = await openReport(
      browser,
      { ...others, trace: { ...trace, spans } },
      { viewport: { width: 390, height: 700 } },
    );
    const { page } = watched;
    const hidden = await page
      .locator('.verdict')
      .evaluate(({ scrollHeight, clientHeight }) => scrollHeight - clientHeight);
    expect(hidden).toBeLessThanOrEqual(0);
    for (const link of await page.locator('.error-chain .link').all()) {
      const { x, width } = (await link.boundingBox())!;
      expect(x + width).toBeLessThanOrEqual(390);
    }
  });

  it('draws the service map and repeats it as a table', async () => {
    const report = placedOrder();
    watched = await openReport(browser, report);
    await watched.page.getByRole('tab', { name: 'Map' }).click();
    expect(
      await watched.page
        .locator('.node')
        .evaluateAll((nodes) =>
          nodes.map((node) => node.getAttribute('aria-label') ?? '').toSorted((a, b) => a.localeCompare(b)),
        ),
    ).toEqual([
      'catalog, service',
      'client, client',
      'gateway, service',
      'inventory, service',
      'orders, service',
      'postgresql, database',
    ]);
    expect(await watched.page.locator('path.edge').count()).toBe(report.capture.edges.length);
    expect(await watched.page.locator('path.edge-walked').count()).toBe(report.capture.edges.length - 1);
    expect(await watched.page.locator('tbody tr').count()).toBe(report.capture.edges.length);
    expect((await watched.page.locator('.edge-label').allTextContents()).join(' ')).toContain('p99 231 ms');
  });

  it('paints the durations of similar requests, and marks this one', async () => {
    const report = placedOrder();
    watched = await openReport(browser, report);
    await watched.page.getByRole('tab', { name: 'Latency' }).click();
    const painted = await watched.page.locator('.histogram canvas').evaluate((canvas: HTMLCanvasElement) => {
      const pixels = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
      return pixels.some((value) => value > 0);
    });
    expect(painted).toBe(true);
    expect(await watched.page.locator('.histogram-plot').getAttribute('aria-label')).toMatch(
      /183 ms: slower than 95 %/,
    );
    expect(await watched.page.locator('.histogram tr').count()).toBe(report.capture.histograms[0]?.bars.length);
  });

  it('does not compare a single request with anything', async () => {
    const { capture, ...others } = placedOrder();
    const histograms = capture.histograms.map((each) => ({ ...each, bars: [{ from: 180, to: 190, count: 1 }] }));
    const edges = capture.edges.map((edge) => ({ ...edge, count: 1, rate: 0 }));
    watched = await openReport(browser, { ...others, capture: { ...capture, histograms, edges } });
    const { page } = watched;
    await page.keyboard.press('3');
    expect(await page.locator('.latency-head').innerText()).toContain('nothing to compare it with');
    expect(await page.locator('.histogram').count()).toBe(0);
    await page.keyboard.press('2');
    expect(await page.locator('.edge-label').first().textContent()).toContain('1 call');
    expect(await page.locator('.map-view').innerText()).not.toContain('0/s');
  });

  it('sorts tables by their headings', async () => {
    watched = await openReport(browser, placedOrder());
    const { page } = watched;
    await page.keyboard.press('2');
    await page.getByRole('button', { name: 'Errors' }).click();
    expect((await page.locator('tbody tr').first().innerText()).split(/\s+/).slice(0, 2)).toEqual([
      'gateway',
      'orders',
    ]);
    await page.getByRole('button', { name: 'Errors' }).click();
    expect(await page.getByRole('columnheader', { name: 'Errors' }).getAttribute('aria-sort')).toBe('ascending');
    expect(await page.locator('tbody tr').first().innerText()).toContain('–');
  });
});
