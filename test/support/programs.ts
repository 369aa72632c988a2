import { spawnSync } from 'node:child_process';

/**
 * `describe` for suites that need a program from the Debian package of the same name. Without it, it prints a
 * warning, or fails under REQUIRE_SERVICES=1.
 */
export const describeWithProgram = (program: string, suite: () => void, name = program): void =>
  describeIf(isInstalled(program), `No ${program} on this machine (Debian's package ${program}).`, name, suite);

/** `describe` for suites that need something of this machine; `missing` says what is absent. */
export function describeIf(isThere: boolean, missing: string, name: string, suite: () => void): void {
  if (isThere) return describe(name, suite);
  if (process.env['REQUIRE_SERVICES'] === '1') throw new Error(missing);
  process.stderr.write(`\n*** ${missing} What is tested with it is SKIPPED. ***\n\n`);
  describe.skip(name, suite);
}

function isInstalled(program: string): boolean {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined;
}
