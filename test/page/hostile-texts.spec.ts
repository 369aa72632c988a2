import { setTimeout as delay } from 'node:timers/promises';
import type { Browser } from 'playwright-core';
import type { PageReport } from '../../libs/itok/src/trace/index.js';
import { describeWithBrowser, openBrowser } from '../support/browser/chromium.js';
import { openReport, type WatchedPage } from '../support/browser/watched-page.js';
import { failedOrder } from '../support/trace/failed-order.js';

const TEXTS = [
  '</script><script>alert("script")</script>',
  '<!--<script>alert("comment")',
  '"><img src=x onerror=alert("image")>',
  '<svg onload=alert("svg")></svg>',
  "javascript:alert('link')",
  '\u2028\u2029\u0000\u202Egnp.exe',
  '${alert(1)}{{alert(1)}}',
];

/** The report, with every text that comes from a log replaced. */
function withTexts(report: PageReport, hostile: string): PageReport {
  const own = new Set(['id', 'parent', 'span', 'txn', 'kind', 'instance', 'service', 'errorChain', 'status']);
  const replace = (value: unknown, name: string): unknown => {
    if (own.has(name)) return value;
    if (typeof value === 'string') return hostile;
    if (Array.isArray(value)) return value.map((each) => replace(each, name));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, replace(each, key)]));
  };
  return replace(report, '') as PageReport;
}

describeWithBrowser('texts from a log', () => {
  let browser: Browser;
  let watched: WatchedPage;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser?.close());
  afterEach(() => watched?.close());

  it.each(TEXTS)('are shown as plain text: %j', async (hostile) => {
    watched = await openReport(browser, withTexts(failedOrder(), hostile));
    const { page } = watched;
    expect(await page.locator('h1').textContent()).toBe(hostile);
    for (const key of ['e', 'Enter', '2', '3', '1', '?', 'Escape']) await page.keyboard.press(key);
    await page.getByRole('treegrid').waitFor();
    expect(await page.locator('script').count()).toBe(2);
    expect(await page.locator('img, iframe, object, a[href]').count()).toBe(0);
    expect(watched.complaints).toEqual([]);
    expect(watched.asked).toEqual([]);
  });

  it('could load nothing even if they reached the page as markup', async () => {
    watched = await openReport(browser, failedOrder());
    await watched.page.evaluate(() => {
      document.body.insertAdjacentHTML('beforeend', '<img src="http://127.0.0.1:9/x"><img src=x onerror="alert(1)">');
      const script = document.createElement('script');
      script.textContent = 'document.title = "ran"';
      document.body.append(script);
    });
    expect(await watched.page.title()).not.toBe('ran');
    while (!/Content Security Policy/.test(watched.complaints.join('\n'))) await delay(20);
    expect(watched.complaints.join('\n')).not.toContain('dialog');
  });
});
