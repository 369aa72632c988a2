// A reporter for Jest: prints the slowest suites, and those over their time budget. Only a warning, since machines are
// busy.
const SHOWN = 10;
const BUDGET_SECONDS = { topology: 60, page: 60 };
const DEFAULT_BUDGET_SECONDS = 10;

const budgetOf = (project) => BUDGET_SECONDS[project] ?? DEFAULT_BUDGET_SECONDS;

export default class TimeBudgetReporter {
  constructor({ rootDir }) {
    this.rootDir = rootDir;
  }

  onRunComplete(_contexts, { testResults }) {
    // Jest itself prints the time of a single suite.
    if (testResults.length > 1) process.stderr.write(timeReport(testResults, this.rootDir));
  }
}

/** @param testResults as Jest gives them to reporters */
export function timeReport(testResults, rootDir) {
  const suites = testResults.map(({ testFilePath, displayName, perfStats }) => ({
    path: testFilePath.replace(`${rootDir}/`, ''),
    seconds: (perfStats.end - perfStats.start) / 1000,
    budget: budgetOf(displayName?.name),
  }));
  const total = suites.reduce((sum, { seconds }) => sum + seconds, 0);
  const slowest = suites.toSorted((one, other) => other.seconds - one.seconds);
  const line = ({ path, seconds }, remark) => `  ${seconds.toFixed(1).padStart(6)} s  ${remark.padStart(4)}  ${path}`;
  const share = (suite) => line(suite, `${Math.round((100 * suite.seconds) / total)} %`);
  const late = slowest.filter(({ seconds, budget }) => seconds > budget);
  return [
    '',
    `Slowest suites, of ${total.toFixed(0)} s in all:`,
    ...slowest.slice(0, SHOWN).map(share),
    ...(late.length > 0 ? ['Over their budget:', ...late.map((suite) => line(suite, `> ${suite.budget}`))] : []),
    '',
  ].join('\n');
}
