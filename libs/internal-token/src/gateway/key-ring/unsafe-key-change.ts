/** A change of keys that would have verifiers refuse good tokens: it is done later, or on purpose. */
export class UnsafeKeyChange extends Error {
  constructor(
    readonly finding: string,
    /** What happens if it is done nevertheless. */
    readonly consequence: string,
    /** From when on it is safe, milliseconds since the epoch; undefined where waiting alone does not help. */
    readonly notBefore?: number,
  ) {
    super(`${finding}; if it is done now, ${consequence}.`);
    this.name = 'UnsafeKeyChange';
  }
}
