/** The clock of the key store; tests bring their own. */
export interface Clock {
  /** Milliseconds of a clock that never jumps. */
  now(): number;
  /** Runs `run` once, later, without keeping the process alive for it. Returns the function that cancels it. */
  after(milliseconds: number, run: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  after(milliseconds, run) {
    const timer = setTimeout(run, milliseconds).unref();
    return () => clearTimeout(timer);
  },
};
