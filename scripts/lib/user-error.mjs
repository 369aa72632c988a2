/** An error that the person at the terminal can act on: shown as its message only, without a stack. */
export class UserError extends Error {}

export function explain(error) {
  if (error instanceof UserError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
