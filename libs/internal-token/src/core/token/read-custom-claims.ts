import type { CustomClaims } from './internal-token-claims.js';
import { InternalTokenError } from '../errors.js';
import { check, isRecord } from '../options/index.js';
import { isJsonObject, type JsonObject } from '../strict-json.js';

/** The part of Standard Schema (version 1) that this library uses. zod, valibot and arktype schemas conform to it. */
export interface CustomClaimsSchema {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult | Promise<SchemaResult>;
  };
}

/** Checks a {@link CustomClaimsSchema}. */
export const customClaimsOption = check<CustomClaimsSchema>(
  'a Standard Schema, such as one of zod, valibot or arktype',
  (given) => isRecord((given as Partial<CustomClaimsSchema>)['~standard']),
);

type SchemaResult =
  | { readonly value: unknown; readonly issues?: undefined }
  | { readonly issues: readonly { readonly message: string }[] };

/**
 * Validates the application's own claims with its schema; without a schema they are returned unchanged.
 * @throws InternalTokenError `txn_claims_invalid` if they do not match, `configuration_invalid` for an async schema
 */
export function readCustomClaims(schema: CustomClaimsSchema | undefined, members: JsonObject): CustomClaims {
  // The casts trust the schema, or without one the application, whose own type names what its gateway puts in.
  if (schema === undefined) return members as object as CustomClaims;
  const result = schema['~standard'].validate(members);
  if (result instanceof Promise) {
    // Nobody awaits it, and an unhandled rejection would end the process.
    result.catch(() => undefined);
    throw new InternalTokenError('configuration_invalid', 'customClaims: the schema must be synchronous.');
  }
  if (result.issues !== undefined || !isJsonObject(result.value)) {
    throw new InternalTokenError('txn_claims_invalid', 'The custom claims do not match their schema.');
  }
  return result.value as object as CustomClaims;
}
