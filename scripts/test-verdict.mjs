// CI's last word. `--failed-suites REPORT` lists what is to run again; otherwise: GATES_STATUS FIRST [AGAIN].
// Nothing counts as passed that did not run: a missing report, a skipped test, an empty run are failures.
import { existsSync, readFileSync } from 'node:fs';

const read = (path) => JSON.parse(readFileSync(path, 'utf8'));
const failedSuites = ({ testResults }) =>
  testResults.filter(({ status }) => status === 'failed').map(({ name }) => name);
const testsOf = ({ testResults }, status) =>
  testResults.flatMap(({ name, assertionResults }) =>
    assertionResults.filter((test) => test.status === status).map(({ fullName }) => `${name}: ${fullName}`),
  );

const [first, ...rest] = process.argv.slice(2);
if (first === '--failed-suites') {
  for (const suite of existsSync(rest[0]) ? failedSuites(read(rest[0])) : []) console.log(suite);
} else {
  const [firstPath, againPath] = rest;
  if (!existsSync(firstPath)) fail('The tests gave no report.');
  const report = read(firstPath);
  const again = existsSync(againPath) ? read(againPath) : undefined;
  const suspects = failedSuites(report);
  const failed = again ? new Set(failedSuites(again)) : new Set(suspects);
  const recovered = suspects.filter((suite) => !failed.has(suite));
  for (const suite of recovered) console.log(`UNSTABLE, passed only when run again: ${suite}`);
  for (const suite of failed) console.log(`FAILED: ${suite}`);

  const passed =
    report.numPassedTests + (again ? testsOf(report, 'failed').length - testsOf(again, 'failed').length : 0);
  const faults = [failed.size, report.numPendingTests, first === '0' ? 0 : 1, passed > 0 ? 0 : 1];
  const total = faults.reduce((sum, count) => sum + count, 0);
  console.log(`${passed} passed, ${total} failed`);
  process.exitCode = total === 0 ? 0 : 1;
}

function fail(reason) {
  console.log(`${reason}\n0 passed, 1 failed`);
  process.exit(1);
}
