/**
 * Remembers which tokens were used where. Provide one in any module to share it between instances; by default each
 * process remembers on its own.
 */
export abstract class ReplayStore {
  /**
   * True for the first call with this key within its time, false for every further one; exactly one of concurrent calls
   * is the first. The key is an opaque text of 43 characters.
   * @param ttlMs how long to remember, in milliseconds
   * @throws any error if the store cannot tell; the request is then refused unless the application is configured to
   * accept it
   */
  abstract firstUse(key: string, ttlMs: number): boolean | Promise<boolean>;
}
