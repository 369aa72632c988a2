import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';
import { describeIf } from '../programs.js';

/** Only for what never appears. */
export const LONGEST_WAIT_MS = 240_000;

const EXECUTABLE = process.env['TEST_CHROMIUM'] ?? '/usr/bin/chromium';

/**
 * `describe` for suites that need a real browser. Without one it prints a warning, or fails under REQUIRE_SERVICES=1.
 */
export const describeWithBrowser = (name: string, suite: () => void): void =>
  describeIf(
    existsSync(EXECUTABLE),
    `No browser at ${EXECUTABLE} (Debian's package chromium, or TEST_CHROMIUM).`,
    name,
    suite,
  );

/** A headless browser with its own profile and no background traffic. */
export async function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: EXECUTABLE,
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}
