import { inspect } from 'node:util';
import { InternalTokenError } from '../../libs/internal-token/src/core/index.js';

/** The refusal that `attempt` throws or rejects with; fails the test if there is none. */
export async function refusalOf(attempt: () => unknown): Promise<InternalTokenError> {
  let outcome: unknown;
  try {
    outcome = await attempt();
  } catch (error) {
    if (error instanceof InternalTokenError) return error;
    throw error;
  }
  throw new Error(`accepted: ${inspect(outcome)}`);
}
