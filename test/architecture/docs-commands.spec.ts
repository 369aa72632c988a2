import { jest } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeWithProgram } from '../support/programs.js';
import { rewrite, run, type ShownCommand, shownCommands } from '../support/shown-commands.js';

// Starts processes.
jest.setTimeout(300_000);

const PAGES = ['README.md', 'docs/guides/find-the-slow-hop.md', 'docs/guides/log-recipes.md'];

/** `UPDATE_DOCS=1` writes the commands' current output into the pages. */
const UPDATE = process.env['UPDATE_DOCS'] === '1';

const programOf = ({ command }: ShownCommand): string => /\b(?:jq|lnav)\b/.exec(command)?.[0] ?? 'itok';

describe('command output shown in the guides', () => {
  const shown = PAGES.flatMap(shownCommands);
  let home: string;
  beforeAll(() => {
    home = mkdtempSync(join(tmpdir(), 'home-'));
  });
  afterAll(() => rmSync(home, { recursive: true, force: true }));

  const prints = (program: string): void =>
    it.each(shown.filter((block) => programOf(block) === program))('$page: $command', (block) => {
      const printed = run(block.command, home);
      if (UPDATE) rewrite(block, printed);
      else expect(printed).toBe(block.output);
    });

  describe('itok', () => prints('itok'));
  describeWithProgram('jq', () => prints('jq'));
  describeWithProgram('lnav', () => {
    beforeAll(() => run('lnav -i docs/lnav/internal-token.json', home));
    prints('lnav');
  });

  it('the test finds the shown commands', () => {
    for (const page of PAGES) expect(shown.filter((block) => block.page === page).length).toBeGreaterThan(0);
    expect(shown.length).toBeGreaterThan(15);
    for (const program of ['itok', 'jq', 'lnav']) expect(shown.map(programOf)).toContain(program);
  });
});
