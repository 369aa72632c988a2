import type { Browser } from 'playwright-core';
import { describeWithBrowser, openBrowser } from '../support/browser/chromium.js';
import { openReport, type WatchedPage } from '../support/browser/watched-page.js';
import { largeOrder } from '../support/trace/large-order.js';

const SPANS = 10_000;

describeWithBrowser('the page of ten thousand spans', () => {
  let browser: Browser;
  let watched: WatchedPage;
  beforeAll(async () => {
    browser = await openBrowser();
    watched = await openReport(browser, largeOrder(SPANS));
  });
  afterAll(() => browser?.close());

  const rows = () => watched.page.locator('.row');

  it('makes all spans scrollable with few rows in the document', async () => {
    expect(await watched.page.getByRole('treegrid').getAttribute('aria-rowcount')).toBe(String(SPANS + 1));
    expect(await rows().count()).toBeLessThan(80);
    expect(await watched.page.locator('*').count()).toBeLessThan(3000);
  });

  it('jumps to the last span, still with few rows', async () => {
    await watched.page.keyboard.press('End');
    const last = largeOrder(SPANS).trace.spans.at(-1)!;
    await watched.page.locator(`#row-${last.id}.selected`).waitFor();
    expect(await watched.page.locator(`#row-${last.id}`).getAttribute('aria-rowindex')).toBe(String(SPANS + 1));
    expect(await rows().count()).toBeLessThan(80);
    await watched.page.keyboard.press('Home');
    await watched.page.locator('#row-0000000000000001.selected').waitFor();
  });

  it('finds one span by the filter', async () => {
    await watched.page.keyboard.press('/');
    await watched.page.keyboard.type('batch 777');
    await watched.page.locator('.row', { hasText: 'batch 777' }).waitFor();
    expect(await rows().count()).toBe(2);
    await watched.page.keyboard.press('Escape');
  });

  it('causes no console messages', () => expect(watched.complaints).toEqual([]));
});
