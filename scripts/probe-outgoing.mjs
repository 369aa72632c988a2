// Probes the outgoing calls of the packed library on other Node releases than the workspace's:
//   npm run package:probe -- /path/to/node22 /path/to/node26     (none: the Node that runs this)
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { FreshApp } from './lib/package/fresh-app.mjs';
import { packAll } from './lib/package/packed.mjs';
import { run } from './lib/package/run.mjs';
import * as report from './lib/report.mjs';
import { explain } from './lib/user-error.mjs';

const SCRIPT = 'outgoing-calls.mjs';
const PACKAGES = ['@nestjs/common', '@nestjs/core', 'reflect-metadata', 'rxjs', 'undici'];

const nodes = process.argv.length > 2 ? process.argv.slice(2) : [process.execPath];
const directory = mkdtempSync(join(tmpdir(), 'probe-outgoing-'));
try {
  const { product: tarball } = await packAll(directory);
  const code = readFileSync(new URL(`lib/package/${SCRIPT}`, import.meta.url), 'utf8');
  const app = new FreshApp(join(directory, 'app'), [tarball], new Map([[SCRIPT, code]]), PACKAGES);
  const warnings = await app.install();
  if (warnings.length > 0) throw new Error(warnings.join('\n'));
  for (const node of nodes) {
    const { stdout } = await run(
      node,
      ['-p', '`Node ${process.version}, undici ${process.versions.undici}`'],
      directory,
    );
    report.heading(stdout.trim());
    console.log((await run(node, [join(app.directory, 'src', SCRIPT)], app.directory)).stdout.trimEnd());
  }
} catch (error) {
  report.failure(explain(error));
  process.exitCode = 1;
} finally {
  rmSync(directory, { recursive: true, force: true });
}
