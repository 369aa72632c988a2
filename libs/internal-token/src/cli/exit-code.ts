/** What `itok` ends with. */
export const EXIT = {
  done: 0,
  /** Something broke: a file system, a program error. */
  failed: 1,
  /** The question was wrong: unknown option, unsafe parameter, no such key. */
  usage: 2,
  /** It would be right later; the message says when. */
  notYet: 3,
  /** Ctrl-C, as shells count it: 128 and the number of the signal. */
  stopped: 130,
} as const;
