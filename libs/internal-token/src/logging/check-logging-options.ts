import { invalidOption } from './invalid-option.js';
import { Sampling } from './sampling.js';
import type { IdentityField } from './span-line.js';
import type { InternalTokenLoggingOptions } from './span-writer.js';

const IDENTITY: ReadonlySet<unknown> = new Set<IdentityField>(['sub', 'tenant']);
/** Node fires timers with a longer delay at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** @throws InternalTokenError `configuration_invalid`, naming the option */
export function checkLoggingOptions(options: InternalTokenLoggingOptions): void {
  const { inflightAfterMs = 1_000, identity = [], quietRoutes = [], sampling, clock, ...others } = options;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) {
    throw invalidOption(unknown, 'not known', 'give inflightAfterMs, identity, quietRoutes, sampling or clock');
  }
  if (!(typeof inflightAfterMs === 'number' && inflightAfterMs >= 1 && inflightAfterMs <= LONGEST_TIMER_MS)) {
    throw invalidOption('inflightAfterMs', inflightAfterMs, 'give milliseconds, one at least');
  }
  if (!(Array.isArray(identity) && identity.every((field) => IDENTITY.has(field)))) {
    throw invalidOption('identity', identity, 'give a list of sub, tenant, both or neither');
  }
  if (!(Array.isArray(quietRoutes) && quietRoutes.every((route) => typeof route === 'string' && route[0] === '/'))) {
    throw invalidOption('quietRoutes', quietRoutes, 'give a list of paths, such as "/health/live"');
  }
  if (clock !== undefined && typeof clock !== 'function') throw invalidOption('clock', clock, 'give a function');
  if (sampling !== undefined) new Sampling(sampling);
}
