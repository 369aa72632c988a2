import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { WORKSPACE } from './workspace-files.js';

/** A command that a page shows with its output: a `bash` block followed directly by a `text` block. */
export interface ShownCommand {
  readonly page: string;
  readonly command: string;
  readonly output: string;
}

const SHOWN = /^```bash\n((?:(?!```).*\n)*)```\n\n```text\n((?:(?!```).*\n)*)```$/gm;

/** What the pages take for granted: an installed `itok`, and a log that grows. */
const GIVEN = `set -o pipefail
itok() { node scripts/itok.mjs "$@"; }
tail() { cat test/captures/error.ndjson; }
`;

export function shownCommands(page: string): ShownCommand[] {
  const text = readFileSync(join(WORKSPACE, page), 'utf8');
  return [...text.matchAll(SHOWN)].map(([, command = '', output = '']) => ({ page, command, output }));
}

/** The command's output, run from the workspace's root. @throws Error if it fails */
export function run(command: string, home: string): string {
  const path = [dirname(process.execPath), process.env['PATH']].join(':');
  const { status, stdout, stderr } = spawnSync('bash', ['-c', GIVEN + command], {
    cwd: WORKSPACE,
    env: { PATH: path, HOME: home, LANG: 'C.UTF-8', TZ: 'UTC', NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    // Guards against hanging: a page that shows a server would never end.
    timeout: 240_000,
  });
  if (status !== 0) throw new Error(`${command}\nended with ${status}: ${stderr}`);
  // lnav ends a table without a line break; editors and formatters strip trailing spaces.
  return `${stdout.replace(/ +$/gm, '').trimEnd()}\n`;
}

/** Writes the command's current output into the page. */
export function rewrite({ page, command, output }: ShownCommand, printed: string): void {
  const path = join(WORKSPACE, page);
  const block = (text: string): string => `\`\`\`bash\n${command}\`\`\`\n\n\`\`\`text\n${text}\`\`\``;
  writeFileSync(
    path,
    readFileSync(path, 'utf8').replace(block(output), () => block(printed)),
  );
}
