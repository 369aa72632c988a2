import { z } from 'zod';
import { type CustomClaimsSchema, readCustomClaims } from './read-custom-claims.js';

describe('custom claims', () => {
  const schema = z.object({ plan: z.enum(['free', 'pro']), seats: z.number().default(1) });

  it('returns custom claims as the schema gives them', () => {
    expect(readCustomClaims(schema, { plan: 'pro', other: 1 })).toEqual({ plan: 'pro', seats: 1 });
  });

  it('returns custom claims unchanged without a schema', () => {
    expect(readCustomClaims(undefined, { other: 1 })).toEqual({ other: 1 });
  });

  it('R75: refuses custom claims that do not match the schema, without naming their values', () => {
    expect(() => readCustomClaims(schema, { plan: 'secret-plan' })).toThrow(
      expect.objectContaining({ code: 'txn_claims_invalid', message: expect.not.stringContaining('secret-plan') }),
    );
  });

  it('refuses an asynchronous schema as a configuration error', () => {
    const slow = schema.refine(async () => {
      throw new Error('away');
    });
    const asynchronous: CustomClaimsSchema = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: (value) => slow.parseAsync(value).then((good) => ({ value: good })),
      },
    };
    expect(() => readCustomClaims(asynchronous, { plan: 'pro' })).toThrow(
      expect.objectContaining({ code: 'configuration_invalid' }),
    );
  });
});
