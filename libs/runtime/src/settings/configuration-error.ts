export interface SettingProblem {
  readonly name: string;
  /** What is wrong, and what to set instead. */
  readonly message: string;
}

/** Lists every problem, so that one start shows all that must be fixed. */
export class ConfigurationError extends Error {
  readonly code = 'configuration_invalid';

  constructor(
    readonly application: string,
    readonly problems: readonly SettingProblem[],
  ) {
    const lines = problems.map(({ name, message }) => `  ${name}: ${message}`);
    super(`${application} cannot start, ${problems.length} setting(s) to mend:\n${lines.join('\n')}`);
    this.name = 'ConfigurationError';
  }
}
