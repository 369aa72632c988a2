import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

const APPS = resolve(import.meta.dirname, '../../apps');
const OLDER = "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.1.0' } })";

describe('an outdated Node', () => {
  it.each(readdirSync(APPS))('gets a clear message from %s before any import that it cannot link', (name) => {
    const main = join(APPS, name, 'src/main.ts');
    const { status, stderr } = spawnSync(process.execPath, ['--import', `data:text/javascript,${OLDER}`, main], {
      encoding: 'utf8',
    });
    expect(stderr).toBe(
      'Node 20.1.0 is too old. Start through npm (npm start, npx nest start): npm ci brought a newer one.\n',
    );
    expect(status).toBe(1);
  });
});
