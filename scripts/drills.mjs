// The drills in full: outages, kills, hostile connections. `npm test` runs a tenth of each. Arguments go to jest:
// `npm run drills -- --testPathPatterns hostile`.
import { spawnSync } from 'node:child_process';

const patterns = process.argv.some((argument) => argument.startsWith('--testPathPattern'));
const { status } = spawnSync(
  'npm',
  ['test', '--', '--runInBand', ...(patterns ? [] : ['--testPathPatterns', '/drills/']), ...process.argv.slice(2)],
  { stdio: 'inherit', env: { ...process.env, DRILLS: 'full' } },
);
process.exitCode = status ?? 1;
