/** What `itok` ends with. */
export const ExitCode = {
  done: 0,
  /** Something broke: a file system, a bug. */
  failed: 1,
  /** A wrong question: an unknown option, no such request. */
  usage: 2,
  /** Ctrl-C, as shells count it: 128 and the number of the signal. */
  stopped: 130,
} as const;
