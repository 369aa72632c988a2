import type { Browser, Page } from 'playwright-core';
import { describeWithBrowser, openBrowser } from '../support/browser/chromium.js';
import { openReport, type WatchedPage } from '../support/browser/watched-page.js';
import { failedOrder } from '../support/trace/failed-order.js';
import { refusedOrder } from '../support/trace/refused-order.js';

/** WCAG 2.2, 1.4.3: text of normal size. */
const AA = 4.5;

describeWithBrowser('the looks of the page', () => {
  let browser: Browser;
  let watched: WatchedPage;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser?.close());
  afterEach(() => watched?.close());

  const ground = (): Promise<string> => watched.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const DARK = 'rgb(20, 23, 28)';
  const LIGHT = 'rgb(255, 255, 255)';

  it('follow the system until the reader chooses', async () => {
    watched = await openReport(browser, failedOrder(), { colorScheme: 'dark' });
    expect(await ground()).toBe(DARK);
    await watched.page.keyboard.press('t');
    expect(await ground()).toBe(LIGHT);
    await watched.page.keyboard.press('t');
    expect(await ground()).toBe(DARK);
    await watched.page.keyboard.press('t');
    await watched.page.emulateMedia({ colorScheme: 'light' });
    expect(await ground()).toBe(LIGHT);
  });

  it.each([
    ['light', failedOrder],
    ['dark', failedOrder],
    ['light', refusedOrder],
    ['dark', refusedOrder],
  ] as const)('have readable text, %s, %p', async (colorScheme, report) => {
    watched = await openReport(browser, report(), { colorScheme });
    await watched.page.locator('.error-chain button').last().click();
    await watched.page.keyboard.press('Enter');
    const pale = await paleTexts(watched.page);
    for (const key of ['2', '3']) {
      await watched.page.keyboard.press(key);
      pale.push(...(await paleTexts(watched.page)));
    }
    expect(pale).toEqual([]);
  });

  it.each([1280, 800, 390])('fit into %i pixels', async (width) => {
    watched = await openReport(browser, failedOrder(), { viewport: { width, height: 800 } });
    for (const key of ['1', '2', '3']) {
      await watched.page.keyboard.press(key);
      expect(await watched.page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
    }
    await watched.page.keyboard.press('1');
    const bars = (await watched.page.locator('.head-row .cell-time').first().boundingBox())!;
    expect(bars.width).toBeGreaterThan(width / 3);
  });

  it('do not move if the reader prefers reduced motion', async () => {
    watched = await openReport(browser, failedOrder(), { reducedMotion: 'reduce' });
    const moving = await watched.page.evaluate(() =>
      [...document.querySelectorAll('*')]
        .filter((element) => {
          const { transitionDuration, animationName } = getComputedStyle(element);
          return animationName !== 'none' || transitionDuration !== '0s';
        })
        .map(({ className }) => String(className)),
    );
    expect(moving).toEqual([]);
  });
});

/** Texts whose contrast with their background is below AA; the browser itself mixes the colours, on a canvas. */
function paleTexts(page: Page): Promise<string[]> {
  return page.evaluate((least) => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 1, height: 1 });
    const context = canvas.getContext('2d', { willReadFrequently: true })!;
    const mixed = (colours: string[]): number[] => {
      context.clearRect(0, 0, 1, 1);
      for (const colour of colours) {
        context.fillStyle = colour;
        context.fillRect(0, 0, 1, 1);
      }
      return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3);
    };
    const luminance = (colour: number[]): number => {
      const [r = 0, g = 0, b = 0] = colour.map((value) => {
        const share = value / 255;
        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const behind = (element: Element | null): string[] =>
      element === null ? [] : [...behind(element.parentElement), getComputedStyle(element).backgroundColor];
    return [...document.querySelectorAll<HTMLElement>('#app *')].flatMap((element) => {
      const own = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim());
      if (!own || element.closest('.visually-hidden, svg') || element.getClientRects().length === 0) return [];
      const grounds = behind(element);
      const [text, ground] = [
        luminance(mixed([...grounds, getComputedStyle(element).color])),
        luminance(mixed(grounds)),
      ];
      const contrast = (Math.max(text, ground) + 0.05) / (Math.min(text, ground) + 0.05);
      return contrast < least ? [`${element.className} ${element.textContent?.trim()}: ${contrast.toFixed(2)}`] : [];
    });
  }, AA);
}
