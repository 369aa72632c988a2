import { Logger } from '@nestjs/common';
import type { KeyRingEvent } from './index.js';

const logger = new Logger('InternalTokenKeyRing');

/** What happens to the ring, in the log. Key ids and states: no event holds more. */
export function logKeyRing(event: KeyRingEvent): void {
  if (event.type === 'changed') {
    const others = event.keys.filter(({ state }) => state === 'published' || state === 'retiring');
    const beside = others.map(({ keyId, state }) => `${keyId} (${state})`).join(', ') || 'none';
    logger.log(`Tokens are signed with ${event.active}; published beside it: ${beside}`);
  } else if (event.type === 'key_problem') logger.warn(`A key file: ${event.reason}`);
  else if (event.type === 'reload_failed') logger.error(`The keys stay as they are: ${event.reason}`);
  else logger.error(`The rotation policy cannot be followed: ${event.reason}`);
}
