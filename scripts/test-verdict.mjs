// CI's final verdict: GATES_STATUS REPORT. A missing report, a skipped test or an empty run is a failure. Failed tests
// are not rerun: a property test would try other inputs the second time.
import { existsSync, readFileSync } from 'node:fs';

const [gates, path] = process.argv.slice(2);
const empty = {
  numPassedTests: 0,
  numFailedTests: 0,
  numPendingTests: 0,
  numRuntimeErrorTestSuites: 0,
  testResults: [],
};
const report = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : empty;

for (const { name, status } of report.testResults) if (status === 'failed') console.log(`FAILED: ${name}`);
const passed = report.numPassedTests;
const failed =
  report.numFailedTests +
  report.numPendingTests +
  report.numRuntimeErrorTestSuites +
  (gates === '0' ? 0 : 1) +
  (passed > 0 ? 0 : 1);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
