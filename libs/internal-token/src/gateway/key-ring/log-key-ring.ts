import { Logger } from '@nestjs/common';
import type { KeyRingEvent } from './index.js';

const logger = new Logger('InternalTokenKeyRing');

/** Logs the events of the ring. They contain key ids and states only. */
export function logKeyRing(event: KeyRingEvent): void {
  if (event.type === 'changed') {
    const others = event.keys.filter(({ state }) => state === 'published' || state === 'retiring');
    const beside = others.map(({ keyId, state }) => `${keyId} (${state})`).join(', ') || 'none';
    logger.log(`Tokens are signed with ${event.active}; published beside it: ${beside}`);
  } else if (event.type === 'key_problem') logger.warn(`Key file problem: ${event.reason}`);
  else if (event.type === 'reload_failed')
    logger.error(`The keys could not be reloaded and stay unchanged: ${event.reason}`);
  else logger.error(`The key rotation failed and will be retried: ${event.reason}`);
}
