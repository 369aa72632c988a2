import { InternalTokenError } from '../../core/index.js';
import type { AdmissionRequest } from '../../nest/index.js';
import { hasBody } from './request-body.js';

/**
 * Refuses a body that says it is encoded. Frameworks differ in what they make of the field: one decodes, another reads
 * the bytes as if it were not there, and a filter in front would have seen something else.
 * @throws InternalTokenError `invalid_request` (415)
 */
export function assertPlainBody({ raw, response }: Pick<AdmissionRequest, 'raw' | 'response'>): void {
  const coding = raw.headers['content-encoding'];
  if (coding === undefined || coding.toLowerCase() === 'identity' || !hasBody(raw)) return;
  response.setHeader('Accept-Encoding', 'identity');
  throw new InternalTokenError('invalid_request', 'Send the body without Content-Encoding.', { status: 415 });
}
