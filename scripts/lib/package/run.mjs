import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { UserError } from '../user-error.mjs';

const children = new Set();

/** Runs a program to its end. @returns its output; throws with the output if it fails */
export async function run(command, args, cwd) {
  const child = spawn(command, args, { cwd, env: environment(), stdio: ['ignore', 'pipe', 'pipe'] });
  children.add(child);
  const said = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr']) child[stream].on('data', (chunk) => (said[stream] += chunk));
  try {
    const [code] = await once(child, 'close');
    if (code === 0) return said;
  } finally {
    children.delete(child);
  }
  const words = [command, ...args].join(' ');
  throw new UserError(`${words}\nfailed in ${cwd}:\n${`${said.stdout}\n${said.stderr}`.trim().slice(-6000)}`);
}

/** Stops every program started by `run()` that is still running. */
export function stopRunning() {
  for (const child of children) child.kill();
}

/** `npm run` sets variables about this workspace: keep them from another npm, except for the registry. */
function environment() {
  const ofWorkspace =
    /^(?:npm_(?:package|lifecycle|command|execpath)|npm_config_local_prefix$|INIT_CWD$|NODE_OPTIONS$)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !ofWorkspace.test(name)));
}
