import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { reportPage } from '../../../libs/itok/src/page/index.js';
import { LONGEST_WAIT_MS } from './chromium.js';
import type { PageReport } from '../../../libs/itok/src/trace/index.js';

/** A page, with a record of what it should not do. */
export interface WatchedPage {
  readonly page: Page;
  /** Every URL requested, except the page's own. */
  readonly asked: readonly string[];
  /** Errors, warnings, and policy violations. */
  readonly complaints: readonly string[];
  close(): Promise<void>;
}

export async function openWatched(
  browser: Browser,
  url: string,
  options?: BrowserContextOptions,
): Promise<WatchedPage> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  context.setDefaultTimeout(LONGEST_WAIT_MS);
  const page = await context.newPage();
  const asked: string[] = [];
  const complaints: string[] = [];
  page.on('request', (request) => {
    if (request.url() !== url && !request.url().startsWith('data:')) asked.push(request.url());
  });
  page.on('console', (message) => {
    if (message.type() !== 'log') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.goto(url);
  return { page, asked, complaints, close: () => context.close() };
}

/** A report opened from disk, as by a double click. */
export async function openReport(
  browser: Browser,
  report: PageReport,
  options?: BrowserContextOptions,
): Promise<WatchedPage> {
  const folder = mkdtempSync(join(tmpdir(), 'page-'));
  const file = join(folder, 'out.html');
  writeFileSync(file, reportPage(report));
  const watched = await openWatched(browser, pathToFileURL(file).href, options);
  return {
    ...watched,
    async close() {
      await watched.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
