import type { InternalTokenOptions, ResolvedOptions } from './internal-token.options.js';

/** Checks every option once and fills in the defaults. */
export function resolveOptions(_options: InternalTokenOptions): ResolvedOptions {
  throw new Error('not yet');
}
