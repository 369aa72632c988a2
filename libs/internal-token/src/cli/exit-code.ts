/** The exit codes of `nestjs-internal-token`. */
export const ExitCode = {
  done: 0,
  /** Something failed: the file system, or a bug. */
  failed: 1,
  /** The command is wrong: an unknown option, an unsafe parameter, no such key. */
  usage: 2,
  /** Not safe yet; the message says when it will be. */
  notYet: 3,
} as const;
