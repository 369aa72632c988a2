// Runs `itok` from source in this workspace: npm run -s itok -- trace last
import { importSource } from './lib/typescript-imports.mjs';

const { processTerminal, runItok } = await importSource('libs/itok/src/cli/index.ts');

process.exitCode = await runItok(process.argv.slice(2), processTerminal());
