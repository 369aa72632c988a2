// `itok` in this workspace, from source: npm run -s itok -- keys list
import { colours } from './lib/colours.mjs';
import { importSource } from './lib/typescript-imports.mjs';

const { runItok } = await importSource('libs/internal-token/src/cli/index.ts');

process.exitCode = await runItok(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  error: (text) => process.stderr.write(text),
  colours: colours.isColorSupported,
});
