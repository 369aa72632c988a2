/** What `nestjs-internal-token` ends with. */
export const ExitCode = {
  done: 0,
  /** Something broke: a file system, a bug. */
  failed: 1,
  /** A wrong question: an unknown option, an unsafe parameter, no such key. */
  usage: 2,
  /** Not safe yet; the message says from when on it is. */
  notYet: 3,
} as const;
