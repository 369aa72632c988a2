// The drills in full: outages, kills, hostile connections. `npm test` runs a tenth of each. A name selects one: `npm
// run drills -- hostile`.
import { spawnSync } from 'node:child_process';

const [name = ''] = process.argv.slice(2);
const { status } = spawnSync('npm', ['test', '--', '--runInBand', '--testPathPatterns', `/drills/.*${name}`], {
  stdio: 'inherit',
  env: { ...process.env, DRILLS: 'full' },
});
process.exitCode = status ?? 1;
