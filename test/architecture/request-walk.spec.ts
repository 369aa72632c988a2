import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { type ForwardedRequest, RecordedShop } from '../support/requests/recorded-shop.js';
import { WORKSPACE } from '../support/workspace-files.js';

// Starts processes.
jest.setTimeout(300_000);

const page = readFileSync(join(WORKSPACE, 'docs/architecture.md'), 'utf8');

/** The files that a section of the page names, in its order. */
function walk(heading: string): string[] {
  const [, section = ''] = page.split(`\n### ${heading}\n`);
  const [rows = ''] = section.split(/^#/m);
  return [...rows.matchAll(/^\|[^|]*\| `([^`]+\.ts)` +\|/gm)].map(([, file = '']) => file);
}

describe('The walk of one forwarded request in docs/architecture.md', () => {
  let recorded: ForwardedRequest;
  beforeAll(async () => {
    const shop = await RecordedShop.start();
    try {
      recorded = await shop.record();
    } finally {
      await shop.close();
    }
  });

  describe.each([
    ['gateway', 'In the gateway'],
    ['service', 'In the service'],
  ] as const)('in the %s', (role, heading) => {
    it('names exactly the files that run', () => {
      expect(walk(heading).toSorted()).toEqual(recorded[role].files);
    });

    it('names none twice', () => {
      const files = walk(heading);
      expect(files).toEqual([...new Set(files)]);
    });
  });
});
