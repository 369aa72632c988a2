import { PortError } from '@app/contracts';
import { setTimeout as delay } from 'node:timers/promises';

/** As long as the gateway waits for a service that it forwards to. */
const RESTART_MS = 3_000;
const RETRY_MS = 100;

/**
 * Bridges the restart of a process. A connection that was refused has carried nothing, so that any call may be made
 * again: for as long as a restart takes, counted from the first refusal. While the process stays away after that, nobody
 * waits.
 */
export class PeerRestart {
  #awaySince: number | undefined;

  async bridge<Answer>(call: () => Promise<Answer>): Promise<Answer> {
    for (;;) {
      try {
        const answer = await call();
        this.#awaySince = undefined;
        return answer;
      } catch (error) {
        if (!(error instanceof PortError) || error.code !== 'port_unreachable') throw error;
        this.#awaySince ??= performance.now();
        if (performance.now() - this.#awaySince >= RESTART_MS) throw error;
        await delay(RETRY_MS);
      }
    }
  }
}
