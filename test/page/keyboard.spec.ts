import type { Browser } from 'playwright-core';
import { describeWithBrowser, openBrowser } from '../support/browser/chromium.js';
import { openReport, type WatchedPage } from '../support/browser/watched-page.js';
import { failedOrder } from '../support/trace/failed-order.js';
import { placedOrder } from '../support/trace/placed-order.js';

describeWithBrowser('the page used by keyboard only', () => {
  let browser: Browser;
  let watched: WatchedPage;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser?.close());
  afterEach(() => watched?.close());

  const press = async (...keys: string[]): Promise<void> => {
    for (const key of keys) await watched.page.keyboard.press(key);
  };
  /** The element that a screen reader announces as current. */
  const current = async (): Promise<string> => {
    const id = await watched.page.getByRole('treegrid').getAttribute('aria-activedescendant');
    const row = watched.page.locator(`[id="${id}"]`);
    expect(await row.getAttribute('aria-selected')).toBe('true');
    return (await row.locator('.name-text').innerText()).replace(/\s+/g, ' ');
  };
  const rows = (): Promise<number> => watched.page.locator('.row').count();

  it('moves through the rows, opens and closes them', async () => {
    watched = await openReport(browser, failedOrder());
    expect(await current()).toBe('gateway POST /orders');
    await press('ArrowDown', 'ArrowDown');
    expect(await current()).toContain('placing an order');
    await press('ArrowLeft');
    expect(await current()).toBe('orders orders.place');
    const all = await rows();
    await press('ArrowLeft');
    expect(await rows()).toBe(3);
    await press('ArrowRight');
    expect(await rows()).toBe(all);
    await press('ArrowRight');
    expect(await current()).toContain('placing an order');
    await press('End');
    expect(await current()).toContain('checkpoint');
    await press('Home');
    expect(await current()).toBe('gateway POST /orders');
  });

  it('exposes the level of a row and whether it is open', async () => {
    watched = await openReport(browser, failedOrder());
    const row = watched.page.locator('#row-10f067aa0ba90231');
    expect(await row.getAttribute('aria-level')).toBe('4');
    expect(await row.getAttribute('aria-expanded')).toBe('true');
    expect(await watched.page.locator('#row-10f067aa0ba90233').getAttribute('aria-expanded')).toBeNull();
  });

  it('moves from error to error, also into closed rows', async () => {
    watched = await openReport(browser, failedOrder());
    await press('[');
    expect(await rows()).toBe(3);
    await press('e', 'e');
    expect(await current()).toBe('orders inventory.reserve');
    await press('e', 'e');
    expect(await current()).toBe('inventory inventory.update');
    await press('e');
    expect(await current()).toBe('gateway POST /orders');
  });

  it('opens the details of a span with Enter and closes them with Escape', async () => {
    watched = await openReport(browser, failedOrder());
    await press('e', 'e', 'e', 'e', 'Enter');
    const details = watched.page.getByRole('complementary');
    const text = await details.innerText();
    for (const fact of [
      'inventory.update',
      'postgresql',
      'update',
      '60.8 ms (63 %)',
      '10f067aa0ba90233',
      'PoolError',
      '53300',
    ]) {
      expect(text).toContain(fact);
    }
    await press('Escape');
    expect(await details.count()).toBe(0);
  });

  it('filters with /, returns to the rows with Enter, and clears the filter with Escape', async () => {
    watched = await openReport(browser, placedOrder());
    const all = await rows();
    await press('/');
    await watched.page.keyboard.type('catalog select');
    expect(await watched.page.locator('.row:not(.dimmed)').count()).toBe(2);
    await press('Enter', 'ArrowDown');
    expect(await watched.page.locator('.row.selected').count()).toBe(1);
    await press('Escape');
    expect(await rows()).toBe(all);
  });

  it('shows only the critical path with c, and hides log lines with n', async () => {
    watched = await openReport(browser, placedOrder());
    await press('c', 'n');
    const path = new Set(placedOrder().trace.criticalPath.map(({ span }) => span));
    expect(await rows()).toBe(path.size);
    expect(await watched.page.getByRole('button', { name: 'Critical path' }).getAttribute('aria-pressed')).toBe('true');
  });

  it('zooms to a span with z and back with 0', async () => {
    watched = await openReport(browser, placedOrder());
    const width = async (): Promise<number> =>
      (await watched.page.locator('.row.selected .bar').first().locator('rect').first().boundingBox())?.width ?? 0;
    await press('ArrowDown', 'ArrowDown', 'ArrowDown', 'ArrowDown');
    const before = await width();
    await press('z');
    expect(await width()).toBeGreaterThan(before * 4);
    await press('0');
    expect(await width()).toBeCloseTo(before, 0);
  });

  it('opens tabs with digits and arrows', async () => {
    watched = await openReport(browser, placedOrder());
    const tab = (): Promise<string> => watched.page.getByRole('tab', { selected: true }).innerText();
    await press('2');
    expect(await tab()).toBe('Map');
    await watched.page.getByRole('tab', { name: 'Map' }).focus();
    await press('ArrowRight');
    expect(await tab()).toBe('Latency');
    await press('ArrowRight');
    expect(await tab()).toBe('Waterfall');
  });

  it('lists the keys with ?, and restores the focus', async () => {
    watched = await openReport(browser, placedOrder());
    await press('?');
    expect(await watched.page.getByRole('dialog').innerText()).toContain('next error');
    await press('Escape');
    await watched.page.getByRole('dialog').waitFor({ state: 'detached' });
    await press('ArrowDown');
    expect(await current()).toBe('gateway POST /orders');
    expect(await watched.page.locator('#row-00f067aa0ba90200').getAttribute('aria-selected')).toBe('true');
  });

  it('shows the focus', async () => {
    watched = await openReport(browser, placedOrder());
    const seen = new Set<string>();
    for (let step = 0; step < 24; step++) {
      await press('Tab');
      const focus = await watched.page.evaluate(() => {
        const { activeElement: element } = document;
        if (element === null || element === document.body) return undefined;
        return {
          what: element.getAttribute('aria-label') ?? element.textContent ?? '',
          outline: getComputedStyle(element).outlineStyle,
        };
      });
      if (focus === undefined) continue;
      seen.add(focus.what);
      expect(focus).toMatchObject({ outline: 'solid' });
    }
    expect(seen.size).toBeGreaterThan(8);
  });
});
