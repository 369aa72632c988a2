/**
 * The value as it arrives through JSON: a Date as ISO string, a class instance as its fields, no undefined keys, and
 * nothing shared with the sender. `undefined` itself stays undefined: there is no body.
 * @throws TypeError for a value that JSON cannot represent (a bigint, a cycle)
 */
export function toPlainData(value: unknown): unknown {
  const json = JSON.stringify(value) as string | undefined;
  return json === undefined ? undefined : (JSON.parse(json) as unknown);
}
