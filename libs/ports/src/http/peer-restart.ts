import { PortError } from '@app/contracts';
import { setTimeout as delay } from 'node:timers/promises';

/** The same as the gateway's wait for a service that restarts. */
const RESTART_MS = 3_000;
const RETRY_MS = 100;

/**
 * Bridges the restart of a process. A refused connection has carried nothing, so any call may be made again, for as
 * long as a restart takes, counted from the first refusal. If the process is still down after that, calls no longer
 * wait.
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
