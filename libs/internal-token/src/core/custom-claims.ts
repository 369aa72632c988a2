import type { CustomClaims } from './claims.js';

/** The part of Standard Schema (version 1) that this library uses; zod, valibot and arktype schemas fit. */
export interface CustomClaimsSchema {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult | Promise<SchemaResult>;
    readonly types?: { readonly input: unknown; readonly output: CustomClaims } | undefined;
  };
}

type SchemaResult =
  | { readonly value: CustomClaims; readonly issues?: undefined }
  | { readonly issues: readonly { readonly message: string }[] };
