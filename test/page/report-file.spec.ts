import type { Browser } from 'playwright-core';
import { describeWithBrowser, openBrowser } from '../support/browser/chromium.js';
import { openReport, type WatchedPage } from '../support/browser/watched-page.js';
import { failedOrder } from '../support/trace/failed-order.js';
import { placedOrder } from '../support/trace/placed-order.js';

describeWithBrowser('the page of a request, opened from disk', () => {
  let browser: Browser;
  let watched: WatchedPage;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser?.close());
  afterEach(() => watched?.close());

  const texts = (selector: string): Promise<string[]> => watched.page.locator(selector).allInnerTexts();

  it('asks for nothing and complains of nothing, whatever is opened in it', async () => {
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

  it('draws bars where their spans were', async () => {
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

  it('hatches the network, tears the end of an open span, and names an error by more than its colour', async () => {
    watched = await openReport(browser, failedOrder());
    const { page } = watched;
    expect(await page.locator('#row-10f067aa0ba90230 .part-network').count()).toBe(2);
    expect(await page.locator('#row-10f067aa0ba90250 .ragged').count()).toBe(1);
    expect(await page.locator('#row-10f067aa0ba90233').getByRole('img', { name: 'failed' }).count()).toBe(1);
    expect(await page.locator('#row-10f067aa0ba90210').getByRole('img', { name: 'failed' }).count()).toBe(0);
  });

  it('says what one has to know before one trusts it', async () => {
    watched = await openReport(browser, failedOrder());
    const notices = (await texts('.notice')).join('\n');
    expect(notices).toContain('No lines from catalog, called by orders at +5.9 ms');
    expect(notices).toContain('Clock of inventory (inventory-1) is 38.4 ms ahead, ± 1.30 ms');
    expect(notices).toContain('1 span has no end line');
    expect(notices).toContain('PoolError timeout: no connection within 60 ms');
    expect(await texts('.error-chain li')).toHaveLength(5);
    expect((await texts('.token-hops li')).map((text) => text.trim())).toEqual([
      'gateway 0.00 ms',
      'orders 3.40 ms',
      'inventory 25.9 ms',
    ]);
  });

  it('draws who calls whom, and says it in a table', async () => {
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

  it('paints how long others of its kind took, and where this one is among them', async () => {
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
