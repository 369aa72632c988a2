/**
 * Remembers which tokens were used where. Provide one in any module to share it between instances; without one each
 * process remembers by itself.
 */
export abstract class ReplayStore {
  /**
   * True for the first call with this key within its time, false for every further one; of concurrent calls exactly one
   * is the first. The key is an opaque text of 43 characters.
   * @param ttlMs how long to remember, in milliseconds
   * @throws whatever goes wrong: then nobody knows, and the request is refused unless the application says otherwise
   */
  abstract firstUse(key: string, ttlMs: number): boolean | Promise<boolean>;
}
