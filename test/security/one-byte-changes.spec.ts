import fc from 'fast-check';
import { InternalTokenError, parseCompactJws } from '../../libs/internal-token/src/core/index.js';
import { Forge } from './support/forge.js';

describe('any change to a token', () => {
  it.each(['ES256', 'EdDSA', 'RS256'] as const)(
    'R61: %s: refuses a token with any one character replaced, removed or added',
    async (algorithm) => {
      const forge = await Forge.create(algorithm);
      const token = forge.token();
      await fc.assert(
        fc.asyncProperty(
          fc.nat({ max: token.length - 1 }),
          fc.constantFrom('replace', 'remove', 'insert'),
          fc.oneof(fc.stringMatching(/^[A-Za-z0-9_.-]$/), fc.string({ minLength: 1, maxLength: 1, unit: 'binary' })),
          async (at, how, character) => {
            const changed =
              token.slice(0, at) + (how === 'remove' ? '' : character) + token.slice(how === 'insert' ? at : at + 1);
            fc.pre(changed !== token);
            await forge.refusal(changed);
          },
        ),
        { numRuns: 400 },
      );
    },
  );

  it('R61: ES256: refuses a flip of any single bit of the token', async () => {
    const forge = await Forge.create();
    const token = forge.token();
    for (let at = 0; at < token.length; at += 1) {
      for (let bit = 0; bit < 7; bit += 1) {
        const changed = String.fromCharCode(token.charCodeAt(at) ^ (1 << bit));
        await forge.refusal(token.slice(0, at) + changed + token.slice(at + 1));
      }
    }
  });

  it("R72: throws only the library's own error, whatever it reads", () => {
    const part = fc.oneof(
      fc.json().map((text) => Buffer.from(text).toString('base64url')),
      fc.base64String().map((text) => text.replaceAll('=', '')),
      fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes).toString('base64url')),
      fc.string(),
    );
    const text = fc.oneof(
      fc.tuple(part, part, part).map((parts) => parts.join('.')),
      fc.array(part, { maxLength: 6 }).map((parts) => parts.join('.')),
      fc.string({ unit: 'binary' }),
      fc.anything().map((value) => value as string),
    );
    fc.assert(
      fc.property(text, (raw) => {
        try {
          parseCompactJws(raw);
        } catch (error) {
          expect(error).toBeInstanceOf(InternalTokenError);
          expect(['txn_malformed', 'txn_too_large']).toContain((error as InternalTokenError).code);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('R1: reads back what was written, for any JSON objects', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue()),
        fc.dictionary(fc.string(), fc.jsonValue()),
        (header, payload) => {
          const write = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
          fc.pre(!`${JSON.stringify(header)}${JSON.stringify(payload)}`.includes('__proto__'));
          const jws = parseCompactJws(`${write(header)}.${write(payload)}.AAAA`, { maxBytes: 1_000_000 });
          expect(jws.header).toEqual(JSON.parse(JSON.stringify(header)));
          expect(jws.payload).toEqual(JSON.parse(JSON.stringify(payload)));
        },
      ),
    );
  });
});
