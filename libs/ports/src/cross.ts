import type { PortMethod } from '@app/contracts';
import { PortError, type PortFailure } from '@app/contracts';
import { toPlainData } from './to-plain-data.js';

const NAMED_ISSUES = 5;

/** Passes a value across the port: as JSON, validated by the schema of the contract. */
export function cross<Data>(schema: PortMethod<Data>['input'], value: unknown, failure: PortFailure): Data {
  let plain: unknown;
  try {
    plain = toPlainData(value);
  } catch {
    throw PortError.of(failure, 'The value cannot be written as JSON.');
  }
  const result = schema.safeParse(plain);
  if (result.success) return result.data;
  // Says where and what is wrong but never the value: it may be private, and this text is logged.
  const issues = result.error.issues.slice(0, NAMED_ISSUES);
  throw PortError.of(failure, issues.map(({ path, message }) => `${path.join('.') || 'value'}: ${message}`).join('; '));
}
