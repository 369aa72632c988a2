import { announcesBody, InternalTokenError } from '../../core/index.js';
import type { RequestRecord } from '../../nest/index.js';

/**
 * Refuses a body with a content encoding. Some frameworks decode it, others ignore the field, and a filter in front of
 * the gateway may have seen yet another body.
 * @throws InternalTokenError `invalid_request` (415)
 */
export function assertPlainBody({ raw, response }: Pick<RequestRecord, 'raw' | 'response'>): void {
  const coding = raw.headers['content-encoding'];
  if (coding === undefined || coding.toLowerCase() === 'identity' || !announcesBody(raw)) return;
  response.setHeader('Accept-Encoding', 'identity');
  throw new InternalTokenError('invalid_request', 'Send the body without Content-Encoding.', { status: 415 });
}
