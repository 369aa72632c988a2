import type { PortMethod } from '@app/contracts';
import { PortError, type PortFailure } from '@app/contracts';
import { toPlainData } from './to-plain-data.js';

const NAMED_ISSUES = 5;

/** Takes a value over the port: as JSON, and as the contract's schema says. */
export function cross<Data>(schema: PortMethod<Data>['input'], value: unknown, failure: PortFailure): Data {
  let plain: unknown;
  try {
    plain = toPlainData(value);
  } catch {
    throw PortError.of(failure, 'The value cannot be written as JSON.');
  }
  const result = schema.safeParse(plain);
  if (result.success) return result.data;
  // Where and what, never the value: it may be private, and this text goes to logs.
  const issues = result.error.issues.slice(0, NAMED_ISSUES);
  throw PortError.of(failure, issues.map(({ path, message }) => `${path.join('.') || 'value'}: ${message}`).join('; '));
}
