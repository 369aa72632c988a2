import { generateKeyPairSync } from 'node:crypto';
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { AxiosError, AxiosHeaders, type InternalAxiosRequestConfig } from 'axios';
import fc from 'fast-check';
import { describeError, MAX_MESSAGE, sanitize, sanitizeText } from './sanitize.js';

const TOKEN = `eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhZGEifQ.${'c2lnbmF0dXJl'.repeat(5)}`;

describe('sanitize', () => {
  it('turns anything into JSON, and never throws', () => {
    fc.assert(
      fc.property(fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true }), (value) => {
        expect(() => JSON.stringify(sanitize(value))).not.toThrow();
      }),
    );
  });

  it('R115: removes a token anywhere in any value', () => {
    const holder = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        fc.constant<unknown>(TOKEN),
        fc.string(),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(fc.oneof(fc.string(), fc.constant(TOKEN)), tie('value'), { maxKeys: 3 }),
        tie('value').map((inner) => new Map([[TOKEN, inner]])),
        tie('value').map((inner) => new Error(`failed with ${TOKEN}`, { cause: inner })),
      ),
    })).value;
    fc.assert(fc.property(holder, (value) => !JSON.stringify(sanitize(value)).includes('eyJ')));
  });

  it('R116: hides credentials by their name, whatever they look like', () => {
    const headers = { Authorization: 'Basic YTpi', cookie: ['a=b'], 'Txn-Token': 'x', host: 'shop', 'x-api-key': 'k' };
    expect(sanitize({ headers })).toEqual({
      headers: {
        Authorization: '[redacted]',
        cookie: '[redacted]',
        'Txn-Token': '[redacted]',
        host: 'shop',
        'x-api-key': '[redacted]',
      },
    });
    expect(sanitize(['Host', 'shop', 'Cookie', 'a=b', 'Accept', '*/*'])).toEqual([
      'Host',
      'shop',
      'Cookie',
      '[redacted]',
      'Accept',
      '*/*',
    ]);
    expect(sanitize(new Map([['authorization', 'Basic YTpi']]))).toEqual({ authorization: '[redacted]' });
    expect(sanitize({ cookies: { session: 's3cr3t' } })).toEqual({ cookies: '[redacted]' });
  });

  it.each([
    'dbPassword',
    'DB_PASSWORD',
    'PGPASSWORD',
    'newPassword',
    'jwtSecret',
    'webhook_secret',
    'stripeApiKey',
    'client_passwd',
    'userAccessToken',
    'X-Auth-Token',
    'secretAccessKey',
    'tlsPrivateKey',
    'proxyAuthorization',
  ])('R116: hides %s as a member, in a map and as text', (name) => {
    const shown = [{ dto: { [name]: 'hunter2' } }, new Map([[name, 'hunter2']]), [name, 'hunter2'], `${name}=hunter2`];
    for (const value of shown) expect(JSON.stringify(sanitize(value))).not.toContain('hunter2');
  });

  it('shows values under a secret name that are not secret', () => {
    expect(sanitize({ token: { ageMs: 3 }, cookies: 2, password: true, secret: null })).toEqual({
      token: { ageMs: 3 },
      cookies: 2,
      password: true,
      secret: null,
    });
  });

  it('R116: hides the private members of every kind of JWK and shows the public ones', () => {
    for (const [type, options] of [
      ['ec', { namedCurve: 'P-256' }],
      ['ed25519', {}],
      ['rsa', { modulusLength: 2048 }],
    ] as const) {
      const { privateKey } = generateKeyPairSync(type as 'ec', options as { namedCurve: string });
      const jwk = privateKey.export({ format: 'jwk' });
      const shown = JSON.stringify(sanitize({ keys: [jwk], key: privateKey, text: JSON.stringify(jwk) }));
      for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi']) {
        const secret = jwk[member];
        if (typeof secret === 'string') expect(shown).not.toContain(secret);
      }
      expect(shown).toContain(String(jwk.kty));
      expect(shown).toContain('KeyObject]');
    }
  });

  it('R115: shows neither configuration nor headers of an axios error', () => {
    const headers = new AxiosHeaders({ Authorization: 'Bearer s3cr3t', 'X-Custom': 'custom-value' });
    const config = { headers, url: 'http://orders/', auth: { username: 'u', password: 'p4ss' } };
    const error = new AxiosError('Request failed', 'ERR_BAD_REQUEST', config as InternalAxiosRequestConfig);
    const shown = sanitize({ error });
    expect(shown).toEqual({
      error: {
        type: 'AxiosError',
        message: 'Request failed',
        code: 'ERR_BAD_REQUEST',
        stack: expect.stringContaining('Request failed') as string,
      },
    });
    expect(JSON.stringify(shown)).not.toContain('custom-value');
  });

  it('names requests, sockets, bytes and functions without their content', () => {
    const request = new IncomingMessage(new Socket());
    expect(sanitize([request, Buffer.from(TOKEN), () => 1, Promise.resolve()])).toEqual([
      '[IncomingMessage]',
      `[Buffer, ${TOKEN.length} bytes]`,
      '[function]',
      '[Promise]',
    ]);
  });

  it('survives cycles, throwing getters, proxies and toJSON()', () => {
    const cycle: Record<string, unknown> = { name: 'a' };
    cycle['self'] = cycle;
    expect(sanitize(cycle)).toEqual({ name: 'a', self: '[circular]' });
    const hostile = {
      get broken(): string {
        throw new Error('no');
      },
      fine: 1,
    };
    expect(sanitize(hostile)).toEqual({ broken: '[unreadable]', fine: 1 });
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect(sanitize([proxy])).toEqual(['[unreadable]']);
    expect(
      sanitize({
        toJSON() {
          throw new Error('no');
        },
      }),
    ).toBe('[unreadable]');
  });

  it('treats a member called __proto__ as an ordinary member', () => {
    const shown = sanitize(JSON.parse('{"__proto__":{"admin":true}}')) as object;
    expect(JSON.stringify(shown)).toBe('{"__proto__":{"admin":true}}');
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });

  it('R121: bounds length, depth, members and total size', () => {
    const deep = Array.from({ length: 50 }).reduce<unknown>((inner) => ({ inner }), 'end');
    const wide = Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`m${index}`, 'x'.repeat(5_000)]));
    const chain = Array.from({ length: 500 }).reduce<unknown>(
      (cause) => new Error('x'.repeat(5_000), { cause }),
      'end',
    );
    for (const value of [deep, chain, wide, Array.from({ length: 100_000 }, () => wide)]) {
      expect(JSON.stringify(sanitize(value)).length).toBeLessThan(120_000);
    }
    expect(sanitizeText('x'.repeat(100_000), 10)).toBe('xxxxxxxxxx… (100000 characters)');
    expect(sanitizeText(`${'x'.repeat(9)}😀`, 10)).toBe('xxxxxxxxx… (11 characters)');
  });

  it('R167: charges the searched text to the line, not what remains of it', () => {
    const tokens = Array.from({ length: 100 }, () => 'eyJ'.repeat(20_000));
    const named = Object.fromEntries(tokens.map((token, index) => [`${index}:${token}`, 1]));
    const errors = tokens.map((token) => Object.assign(new Error('x'), { name: token, code: token, stack: '' }));
    const patterns = tokens.map((token) => new RegExp(token));
    for (const values of [tokens, errors, patterns]) {
      const shown = sanitize(values) as unknown[];
      expect(shown.filter((each) => each !== '[truncated]').length).toBeLessThan(40);
    }
    expect(JSON.stringify(sanitize([named, ...tokens])).match(/redacted/g)?.length).toBeLessThan(102);
  });

  it('R167: lists the members of only one of many huge objects', () => {
    let asked = 0;
    const target = Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`m${index}`, index]));
    const handler = {
      getOwnPropertyDescriptor: (of: object, name: string | symbol) => {
        asked++;
        return Reflect.getOwnPropertyDescriptor(of, name);
      },
    };
    const huge = Array.from({ length: 50 }, () => new Proxy(target, handler));
    const shown = sanitize(huge) as unknown[];
    expect(shown.slice(0, 3)).toEqual(['[Object, 20000 members]', '[truncated]', '[truncated]']);
    expect(asked).toBe(20_000);
    for (const name of Object.keys(target)) if (name !== 'm7') delete target[name];
    expect(sanitize({ huge: huge[0] })).toEqual({ huge: { m7: 7 } });
  });

  it('R167: reads only as much of a list, and of the errors of an error, as it shows', () => {
    let read = 0;
    const counted = (length: number) =>
      new Proxy(Array<unknown>(length).fill(new Error('x')), {
        get: (of, name) => {
          if (typeof name === 'string' && /^\d/.test(name)) read++;
          return Reflect.get(of, name) as unknown;
        },
      });
    sanitize(counted(5_000));
    sanitize(Object.assign(new Error('all'), { errors: counted(5_000) }));
    expect(read).toBeLessThan(1_000);
    expect(sanitize([10n ** 20_000n, -5n])).toEqual(['[bigint]', '-5']);
  });

  it('uses only the built-in iterators of sets and maps, which end', () => {
    class Endless extends Set<number> {
      override *[Symbol.iterator](): SetIterator<number> {
        for (;;) yield 1;
      }
    }
    class Rewritten extends Map<string, number> {
      override *[Symbol.iterator](): MapIterator<[string, number]> {
        for (;;) yield ['a', 1];
      }
    }
    expect(sanitize([new Endless([7]), new Rewritten([['b', 2]])])).toEqual([[7], { b: 2 }]);
    expect(sanitize(new Set(Array.from({ length: 250 }, (_, index) => index)))).toHaveLength(101);
  });

  it.each([
    ['a password in quotes', (secret: string) => `password: "${secret}"`],
    ['a password in an address', (secret: string) => `postgres://shop:${secret}@db`],
    ['the end of a token without its beginning', (secret: string) => `${secret}.${'q83vEjRW'.repeat(8)}`],
    ['a private key', (secret: string) => `MIGHAgEA${secret}`],
  ])('R167: %s is not partly shown at the cut', (_, text) => {
    const secret = 'a1B2'.repeat(1_000);
    expect(sanitizeText(`${' '.repeat(80)}${text(secret)}`, 100)).not.toContain('a1B2');
  });

  it('R115: a token is not partly shown at the cut', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 200 }), (before) => {
        expect(sanitizeText(`${' '.repeat(before)}${TOKEN}`, 100)).not.toContain('eyJ');
      }),
    );
  });
});

describe('describeError', () => {
  it('keeps type, message, stack, code, status and causes, and no other member', () => {
    const cause = Object.assign(new TypeError('inner'), { code: 'E_INNER' });
    const error = Object.assign(new Error('outer', { cause }), { status: 503, config: { headers: {} }, extra: 1 });
    expect(describeError(error)).toEqual({
      type: 'Error',
      message: 'outer',
      stack: expect.stringContaining('Error: outer') as string,
      status: 503,
      cause: expect.objectContaining({ type: 'TypeError', message: 'inner', code: 'E_INNER' }) as object,
    });
  });

  it('leaves out a code or a status that JSON cannot represent', () => {
    const error = Object.assign(new Error('x'), { code: Number.NaN, status: Number.POSITIVE_INFINITY });
    expect(describeError(error, false)).toEqual({ type: 'Error', message: 'x' });
  });

  it('ends a circular chain of causes', () => {
    const error = new Error('a');
    error.cause = new Error('b', { cause: error });
    expect(describeError(error).cause).toMatchObject({ message: 'b', cause: '[circular]' });
  });

  it('R115: redacts and bounds message and stack', () => {
    const error = new Error(`${TOKEN} ${'x'.repeat(50_000)}`);
    const { message, stack = '' } = describeError(error);
    expect(message).not.toContain('eyJ');
    expect(stack).not.toContain('eyJ');
    expect(message.length + stack.length).toBeLessThan(2 * MAX_MESSAGE + 100);
  });
});
