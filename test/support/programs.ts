import { spawnSync } from 'node:child_process';

/**
 * `describe` for suites that need a program of this machine, from Debian's package of the same name. Its absence is
 * shouted, and under REQUIRE_SERVICES=1 a failure.
 */
export const describeWithProgram = (program: string, suite: () => void): void =>
  (isInstalled(program) ? describe : describe.skip)(program, suite);

function isInstalled(program: string): boolean {
  if (spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined) return true;
  const missing = `No ${program} on this machine (Debian's package ${program}).`;
  if (process.env['REQUIRE_SERVICES'] === '1') throw new Error(missing);
  process.stderr.write(`\n*** ${missing} What is tested with it is SKIPPED. ***\n\n`);
  return false;
}
