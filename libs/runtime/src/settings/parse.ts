import { z } from 'zod';

// Environment variables are strings, a CONFIG_FILE holds JSON: each parser takes both.

const wholeNumber = (minimum: number, maximum: number): z.ZodType<number> =>
  z
    .union(
      [
        z.number(),
        z
          .string()
          .regex(/^\d{1,9}$/)
          .transform(Number),
      ],
      { error: `expected a whole number` },
    )
    .pipe(z.number().int().min(minimum).max(maximum));

const decimal = (minimum: number, maximum: number): z.ZodType<number> =>
  z
    .union(
      [
        z.number(),
        z
          .string()
          .regex(/^\d{1,9}(\.\d{1,3})?$/)
          .transform(Number),
      ],
      { error: 'expected a number' },
    )
    .pipe(z.number().min(minimum).max(maximum));

// A date without a time is midnight UTC; a time needs a zone, or it would differ between machines.
const moment = z
  .string()
  .regex(/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/, { error: 'expected an ISO 8601 date' })
  .refine((text) => !Number.isNaN(Date.parse(text)), { error: 'expected a date that exists' });

const json = (value: unknown, context: z.RefinementCtx): unknown => {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    context.addIssue({ code: 'custom', message: 'expected JSON' });
    return z.NEVER;
  }
};

const httpUrl = (): z.ZodType<string, string> =>
  z.string().refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol), {
    error: 'expected an absolute http(s) URL',
  });

const split = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

const commaSeparated = (item: z.ZodType<string, string>): z.ZodType<readonly string[]> =>
  z.union([z.string().transform(split).pipe(z.array(item)), z.array(item)]);

export const parse = {
  text: (): z.ZodType<string> => z.string().min(1).max(4096),
  port: (): z.ZodType<number> => wholeNumber(0, 65_535),
  seconds: (minimum: number, maximum: number): z.ZodType<number> => wholeNumber(minimum, maximum),
  /** Fractions too, such as `0.5`. */
  duration: (minimum: number, maximum: number): z.ZodType<number> => decimal(minimum, maximum),
  /** Of a whole, such as `0.05`. */
  share: (): z.ZodType<number> => decimal(0, 1),
  count: (minimum: number, maximum: number): z.ZodType<number> => wholeNumber(minimum, maximum),
  moment: (): z.ZodType<string> => moment,
  url: httpUrl,
  origins: (): z.ZodType<readonly string[]> => commaSeparated(httpUrl()),
  list: (): z.ZodType<readonly string[]> => commaSeparated(z.string().min(1)),
  oneOf: <const T extends string>(...values: T[]): z.ZodType<T> => z.enum(values),
  json: <T>(schema: z.ZodType<T>): z.ZodType<T> => z.unknown().transform(json).pipe(schema),
};
