import { z } from 'zod';

/** A method of a port as the other side sees it. Both schemas describe JSON: write a point in time as an ISO string. */
export interface PortMethod<Input = unknown, Output = unknown> {
  readonly input: z.ZodType<Input>;
  readonly output: z.ZodType<Output>;
  /** The call may be repeated if the answer was lost. */
  readonly idempotent: boolean;
  /** Scopes of the caller's token that this method serves; any one is enough. */
  readonly purposes: readonly [string, ...string[]];
}

/** The port's abstract class: its DI token, and the type that callers see. */
export type PortClass<Api extends object> = abstract new (...args: never[]) => Api;

/** One `PortMethod` for each method of the abstract class, so that class and definition cannot drift apart. */
export type PortMethods<Api extends object> = {
  readonly [Name in keyof Api]: Api[Name] extends (input: infer Input) => Promise<infer Output>
    ? PortMethod<Input, Output>
    : never;
};

export interface PortDefinition<Api extends object = object> {
  readonly api: PortClass<Api>;
  /** The domain that answers: `inventory`. */
  readonly name: string;
  readonly methods: PortMethods<Api>;
}

export function definePort<Api extends object>(
  api: PortClass<Api>,
  definition: { readonly name: string; readonly methods: PortMethods<Api> },
): PortDefinition<Api> {
  for (const [method, { input, output, purposes }] of Object.entries<PortMethod>(definition.methods)) {
    const place = `${definition.name}.${method}`;
    if (purposes.length === 0) throw new TypeError(`${place}: name at least one purpose (a scope) it serves.`);
    mustBeJson(`${place}, input`, input);
    mustBeJson(`${place}, output`, output);
    mustRefuseUnknownKeys(`${place}, input`, input);
  }
  return Object.freeze({ api, name: definition.name, methods: Object.freeze({ ...definition.methods }) });
}

/**
 * Refuses at startup what HTTP would change: a Date, Map, bigint or transform would differ from a call in process.
 */
function mustBeJson(place: string, schema: z.ZodType): void {
  try {
    z.toJSONSchema(schema, { io: 'input' });
    z.toJSONSchema(schema, { io: 'output' });
  } catch (cause) {
    throw new TypeError(`${place}: use schemas that JSON can express (z.iso.datetime() for a point in time).`, {
      cause,
    });
  }
}

function mustRefuseUnknownKeys(place: string, schema: z.ZodType): void {
  if (takesUnknownKeys(z.toJSONSchema(schema, { io: 'input' }))) {
    throw new TypeError(`${place}: use z.strictObject at every level, so that a misspelt key is an error.`);
  }
}

function takesUnknownKeys(json: unknown): boolean {
  if (typeof json !== 'object' || json === null) return false;
  const isObjectSchema = 'type' in json && json.type === 'object' && 'properties' in json;
  if (isObjectSchema && !('additionalProperties' in json)) return true;
  return Object.values(json).some(takesUnknownKeys);
}
