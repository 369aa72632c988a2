// The product's command in this workspace, from source: npm run -s nestjs-internal-token -- keys list
import { importSource } from './lib/typescript-imports.mjs';

const { processTerminal, runCommand } = await importSource('libs/internal-token/src/cli/index.ts');

process.exitCode = await runCommand(process.argv.slice(2), processTerminal());
