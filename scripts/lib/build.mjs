import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { UserError } from './user-error.mjs';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const NEST = join(ROOT, 'node_modules/@nestjs/cli/bin/nest.js');

/** The output of `nest build`, which `nest start` runs. */
export const entryOf = (application) => join(ROOT, `dist/apps/${application}/apps/${application}/src/main.js`);

export async function build(applications) {
  for (const application of applications) {
    const builder = spawn(process.execPath, [NEST, 'build', application], { cwd: ROOT });
    const output = [];
    builder.stdout.on('data', (chunk) => output.push(chunk));
    builder.stderr.on('data', (chunk) => output.push(chunk));
    const [code] = await once(builder, 'close');
    if (code !== 0) throw new UserError(`The build of ${application} failed:\n${Buffer.concat(output).toString()}`);
  }
}
