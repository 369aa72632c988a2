import { InternalTokenError } from '../core/index.js';

/** An option of {@link EdgeModule} that stops the start: its name, what was given, the fix. */
export function invalidOption(option: string, given: unknown, fix: string): InternalTokenError {
  const text = (JSON.stringify(given) ?? 'undefined').slice(0, 100);
  return new InternalTokenError('configuration_invalid', `EdgeModule option "${option}" is ${text}: ${fix}.`);
}
