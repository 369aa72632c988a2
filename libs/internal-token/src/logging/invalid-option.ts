import { InternalTokenError } from '../core/index.js';

/**
 * @param option its path: `sampling.rate`
 * @param given shown as far as it is a text or a number
 * @param fix what to do
 */
export function invalidOption(option: string, given: unknown, fix: string): InternalTokenError {
  const text =
    typeof given === 'string' ? given.slice(0, 100) : typeof given === 'number' ? String(given) : typeof given;
  return new InternalTokenError(
    'configuration_invalid',
    `InternalTokenLoggingModule option "${option}" is ${text}: ${fix}.`,
  );
}
