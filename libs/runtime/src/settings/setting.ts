import type { z } from 'zod';

/** One named setting and its meaning. The loader decides where its value comes from. */
export interface Setting<T> {
  readonly schema: z.ZodType<T>;
  /** One sentence for the reference page; it also serves as the fix in the error for a missing setting. */
  readonly description: string;
  /** Default everywhere. A setting with neither `fallback` nor `optional` must be given outside development. */
  readonly fallback?: T;
  /** Default under development conditions only. */
  readonly development?: T;
  readonly optional?: boolean;
  /** True if the value is or may contain a secret: a key, a URL with a password. */
  readonly secret?: boolean;
  readonly example?: string;
}

export type Settings = Readonly<Record<string, Setting<unknown>>>;

type Value<S> = S extends { readonly optional: true; readonly schema: z.ZodType<infer T> }
  ? T | undefined
  : S extends { readonly schema: z.ZodType<infer T> }
    ? T
    : never;

export type SettingValues<S extends Settings> = { readonly [Name in keyof S]: Value<S[Name]> };
