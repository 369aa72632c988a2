/** The exit codes of `itok`. */
export const EXIT = {
  done: 0,
  /** It failed: a file system error, a bug. */
  failed: 1,
  /** Wrong usage: an unknown option, an unsafe parameter, no such key. */
  usage: 2,
  /** Not safe yet; the message says when it will be. */
  notYet: 3,
  /** Ctrl-C, as in shells: 128 plus the number of the signal. */
  stopped: 130,
} as const;
