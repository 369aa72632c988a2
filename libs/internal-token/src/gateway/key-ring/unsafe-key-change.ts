/** Refuses a change of keys after which verifiers would refuse valid tokens: wait, or force it. */
export class UnsafeKeyChange extends Error {
  constructor(
    readonly finding: string,
    /** What happens if the change is forced. */
    readonly consequence: string,
    /** When it becomes safe, in milliseconds since the epoch; undefined if waiting does not help. */
    readonly notBefore?: number,
  ) {
    super(`${finding}; if it is done now, ${consequence}.`);
    this.name = 'UnsafeKeyChange';
  }
}
