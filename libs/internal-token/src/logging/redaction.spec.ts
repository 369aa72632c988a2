import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { isSecretName, REDACTED, redactText } from './redaction.js';
import { SecretScanner } from './secret-scanner.js';

const HEADER = Buffer.from('{"alg":"ES256","typ":"txntoken+jwt"}').toString('base64url');
const PAYLOAD = Buffer.from('{"txn":"018f","sub":"ada"}').toString('base64url');
const SIGNATURE = 'q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJCrze8SNFZ4kKvN7xI0VniQ';
const TOKEN = `${HEADER}.${PAYLOAD}.${SIGNATURE}`;

const PEM = [
  '-----BEGIN PRIVATE KEY-----',
  'MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg',
  '-----END PRIVATE KEY-----',
].join('\n');

const base64url = fc.string({
  unit: fc.constantFrom(...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'.split('')),
  minLength: 20,
  maxLength: 90,
});
const anyToken = fc
  .tuple(fc.constant(HEADER), base64url, base64url)
  .map(([header, payload, signature]) => `${header}.${payload}.${signature}`);
const opaque = fc.string({
  unit: fc.constantFrom(...'ABCDEFabcdef0123456789-._~+/'.split('')),
  minLength: 24,
  maxLength: 60,
});
const blank = fc.constantFrom(' ', ': ', '=', '="', "='", ', ', '\n', '(', '[', '/', '?t=', '');

describe('redactText', () => {
  it('R115: removes a JWT anywhere in a text, whatever surrounds it', () => {
    fc.assert(
      fc.property(fc.string(), blank, anyToken, fc.string(), (before, gap, token, after) => {
        const [, payload, signature] = token.split('.') as [string, string, string];
        const clean = redactText(`${before}${gap}${token} ${after}`);
        expect(clean).not.toContain(token);
        expect(clean).not.toContain(`${payload}.${signature}`);
        expect(clean).toContain(REDACTED);
      }),
    );
  });

  it.each([
    ['alone', TOKEN],
    ['inside a word', `id${TOKEN}`],
    ['in a query', `/me?access_token=${TOKEN}&x=1`],
    ['cut off', TOKEN.slice(0, 40)],
    ['its payload alone', `claims ${PAYLOAD}`],
    ['in JSON in JSON', JSON.stringify(JSON.stringify({ raw: TOKEN }))],
  ])('R115: leaves nothing that begins like a token: %s', (_, text) => {
    expect(redactText(text)).not.toContain('eyJ');
  });

  it('R116: removes the values of credential headers, opaque ones too', () => {
    const names = fc.constantFrom('Authorization', 'authorization', 'Cookie', 'Set-Cookie', 'Txn-Token', 'TXN_TOKEN');
    const forms = fc.constantFrom<(name: string, value: string) => string>(
      (name, value) => `${name}: ${value}`,
      (name, value) => `GET / HTTP/1.1\r\n${name}: Bearer ${value}\r\nHost: a\r\n`,
      (name, value) => JSON.stringify({ [name]: value, other: 1 }),
      (name, value) => JSON.stringify(JSON.stringify({ [name]: `Bearer ${value}` })),
      (name, value) => `{ '${name}': '${value}' }`,
      (name, value) => `${name}=${value}`,
      (name, value) => `${name}: "theme"; session=${value}`,
      (name, value) => `${name}: ${TOKEN}; session=${value}`,
    );
    fc.assert(
      fc.property(fc.string(), names, forms, opaque, (before, name, form, value) => {
        expect(redactText(`${before} ${form(name, value)}`)).not.toContain(value);
      }),
    );
  });

  it('R116: removes bearer values without their header', () => {
    expect(redactText('got bearer s3cr3t-value from client')).toBe(`got bearer ${REDACTED} from client`);
    expect(redactText('DPoP abc.def')).toBe(`DPoP ${REDACTED}`);
  });

  it('R116: removes PEM private keys: whole, cut off, with escaped line breaks', () => {
    for (const text of [PEM, PEM.slice(0, 60), JSON.stringify(PEM), PEM.replace('PRIVATE', 'EC PRIVATE')]) {
      expect(redactText(`key ${text}`)).not.toContain('MIGHAgEA');
    }
  });

  it('R116: removes private members of a JWK in a text', () => {
    const d = 'B7h8dGq0o2Y3vW1kzv2hYk7wqD3fQ9jv7mU5rT0aZlE';
    for (const text of [`{"kty":"EC","d":"${d}"}`, `{ kty: 'EC', d: '${d}' }`, JSON.stringify(`{"d":"${d}"}`)]) {
      expect(redactText(text)).not.toContain(d);
    }
  });

  it('R116: removes passwords from addresses', () => {
    expect(redactText('connect postgres://shop:hunter2@db:5432/shop')).toBe(
      `connect postgres://${REDACTED}@db:5432/shop`,
    );
  });

  it('leaves ordinary text unchanged', () => {
    const texts = [
      'The Authorization field is missing',
      'Bearer token expected',
      'WWW-Authenticate: Bearer realm="shop"',
      'signingKeyJwks is not a file',
      'monkeyJar opened, 3 cookies left',
      'see https://shop.example/docs',
      'orders.place took 12 ms for 018f2c',
      'p: 5',
    ];
    for (const text of texts) expect(redactText(text)).toBe(text);
  });

  it('is deterministic, and a second run finds nothing more', () => {
    fc.assert(
      fc.property(fc.string(), opaque, (text, value) => {
        const dirty = `${text} Bearer ${value} ${TOKEN} cookie: ${text}`;
        const once = redactText(dirty);
        expect(redactText(dirty)).toBe(once);
        expect(redactText(once)).not.toContain(value);
        expect(redactText(once).length).toBeLessThanOrEqual(once.length);
      }),
    );
  });

  it.each([
    ['a secret', 'secret=s3cr3t-v4lue&x=1', 's3cr3t-v4lue'],
    ['a client secret', 'client-secret: s3cr3t-v4lue', 's3cr3t-v4lue'],
    ['a header with a key', 'X-Api-Key: s3cr3t-v4lue', 's3cr3t-v4lue'],
    ['a parameter with a key', '/v1?apikey=s3cr3t-v4lue', 's3cr3t-v4lue'],
    ['a short password', 'passwd=s3cr3t-v4lue', 's3cr3t-v4lue'],
    ['an environment variable', 'DB_PASSWORD=s3cr3t-v4lue', 's3cr3t-v4lue'],
    ['a member in camel case', "{ clientSecret: 's3cr3t-v4lue' }", 's3cr3t-v4lue'],
    ['a quoted value with spaces', '{"password":"correct horse v4lue"}', 'v4lue'],
    ['a quoted value with quotes', JSON.stringify({ password: 'correct "horse" v4lue' }), 'v4lue'],
    ['a quoted value in JSON in JSON', JSON.stringify(JSON.stringify({ secret: 'correct "horse" v4lue' })), 'v4lue'],
    ['a passphrase', 'passphrase: correct horse v4lue', 'v4lue'],
    ['a password with an @', 'postgres://shop:hun@ter2@db:5432/shop', 'ter2'],
    ['a password without a user', 'redis://:hunter2@cache:6379', 'hunter2'],
    ['the second half of a token', `claims: ${TOKEN.slice(30)}`, TOKEN.slice(-40)],
    ['the ends of payload and signature', `…${PAYLOAD.slice(-9)}.${SIGNATURE}`, SIGNATURE],
  ])('R167: removes %s', (_, text, secret) => {
    expect(text).toContain(secret);
    expect(redactText(`said ${text}\nnext`)).not.toContain(secret);
    expect(redactText(text)).toContain(REDACTED);
  });

  it.each(['accessToken=', 'access_token: ', 'X-Api-Key: ', 'secret=', 'password: ', 'X-Auth-Token: '])(
    'R167: removes what follows a scheme after %s',
    (name) => {
      for (const scheme of ['Bearer ', 'bearer: ', 'DPoP ', 'Basic ', 'Token ', 'Bearer "']) {
        expect(redactText(`said ${name}${scheme}hunter2 next`)).not.toContain('hunter2');
        expect(redactText(`said ${name}${scheme}hunter2" next`)).toContain('next');
      }
    },
  );

  it.each([
    'PGPASSWORD=%',
    'privateKey=%',
    'secret_key=%',
    'AWS_SECRET_ACCESS_KEY=%',
    'AWSSecretKey: %',
    'X-Auth-Token: %',
    'postgres://shop:pa/%@db',
    'postgres://shop:%/ss@db',
    String.raw`\n\password=%`,
    String.raw`HTTP/1.1\r\nauthorization: Digest %`,
    String.raw`\nrefresh_token=%`,
    String.raw`\refresh_token=%`,
    String.raw`\nbearer %`,
    'Bearer "%"',
    "DPoP '%'",
  ])('R167: removes the secret of %s', (form) => {
    const text = form.replace('%', 's3cr3t-v4lue');
    for (const each of [text, `said ${text}\nnext`]) expect(redactText(each)).not.toContain('v4lue');
  });

  it('R167: removes Basic credentials, which are a name and a password', () => {
    expect(redactText(`got Basic ${btoa('shop:hunter2')} here`)).toBe(`got Basic ${REDACTED} here`);
    for (const text of ['a basic example', 'Basic authentication', 'http://shop:8080/users/a@b', 'http://[::1]/a@b']) {
      expect(redactText(text)).toBe(text);
    }
  });

  it('R167: removes an encrypted private key after its name, with and without quotes', () => {
    const key = PEM.replaceAll('PRIVATE', 'ENCRYPTED PRIVATE').replace('MIGH', 'MIIB');
    for (const text of [`private_key=${key}`, `{ privateKey: '${key}' }`, JSON.stringify({ secret: key })]) {
      expect(redactText(text)).not.toContain('MIIBAgEA');
    }
  });

  it('R167: removes private keys without their PEM header, and keeps public ones', () => {
    for (const [type, options] of [
      ['ec', { namedCurve: 'P-256' }],
      ['ec', { namedCurve: 'P-384' }],
      ['ec', { namedCurve: 'P-521' }],
      ['ed25519', {}],
      ['rsa', { modulusLength: 2048 }],
    ] as const) {
      const pair = generateKeyPairSync(type as 'ec', options as { namedCurve: string });
      const formats = ['pkcs8', ...(type === 'ec' ? ['sec1'] : type === 'rsa' ? ['pkcs1'] : [])] as 'pkcs8'[];
      for (const format of formats) {
        const body = bodyOf(pair.privateKey.export({ type: format, format: 'pem' }) as string);
        const [flat, escaped] = ['', '\\n'].map((lineBreak) => body.replaceAll('\n', lineBreak));
        const headless = ['-----', '-----\\n', '-----\\r\\n'].map((cut) => `PRIVATE KEY${cut}${escaped}`);
        for (const text of [body, flat, JSON.stringify(body), JSON.stringify({ key: body }), ...headless]) {
          const clean = redactText(`key ${text}`);
          for (const line of body.trim().split('\n')) expect(clean).not.toContain(line.slice(0, 16));
        }
      }
      const shown = bodyOf(pair.publicKey.export({ type: 'spki', format: 'pem' }) as string);
      expect(redactText(shown)).toBe(shown);
    }
  });

  it('R167: looks at each character a bounded number of times', () => {
    const texts = HOSTILE.map((piece) => piece.repeat(Math.ceil(20_000 / piece.length)));
    texts.push(
      ...['authorization', 'bearer', 'password', 'd', '://', 'password="'].map((text) => text + ' '.repeat(20_000)),
    );
    texts.push(...['"', "'", '\\', '-', '.', 'x'].map((sign) => `password="${sign.repeat(20_000)}`));
    for (const text of texts) expect(stepsOf(text)).toBeLessThanOrEqual(STEPS * text.length);
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constantFrom(...HOSTILE), fc.string()), { maxLength: 60 }), (pieces) => {
        const text = pieces.join('');
        expect(stepsOf(text)).toBeLessThanOrEqual(STEPS * text.length + STEPS);
      }),
    );
  });
});

/** The maximum number of steps per character. */
const STEPS = 10;
const HOSTILE = [
  'eyJ xeyJ xeyJa eyJ. a. a.b ://a: :// : ://a@ MII MIGHAgEA secret= secret=" cookie, x- Aa1 = \\n \\r a" a\'\\'.split(
    ' ',
  ),
  ['-----BEGIN', '-----BEGIN A', '-----BEGIN PRIVATE KEY', '-----END', '-----END PRIVATE KEY', 'password\\":\\"'],
  [
    'd: "',
    'bearer ',
    'bearer\n',
    'a ',
    '\n',
    'token\t:\t',
    'basic ',
    'bearer "',
    'secret=token ',
    '://a:b/',
    'password: ',
  ],
].flat();

function stepsOf(text: string): number {
  const scanner = new SecretScanner(text);
  scanner.redact();
  return scanner.steps;
}

function bodyOf(pem: string): string {
  return pem.replace(/-----.*-----\n/g, '');
}

describe('isSecretName', () => {
  it('recognizes secret names in every spelling of case, dash and underscore', () => {
    for (const name of ['Authorization', 'TXN_TOKEN', 'txn-token', 'Set-Cookie', 'accessToken', 'client_secret']) {
      expect(isSecretName(name)).toBe(true);
    }
    for (const name of [
      'proxyauthorization',
      'set cookie',
      'x_api_key',
      'XAPIKEY',
      'PrivateKey',
      'signing-key',
      'jwt',
    ]) {
      expect(isSecretName(name)).toBe(true);
    }
    for (const name of ['tokenId', 'author', 'keys', 'service', 'passwordless', 'secretary', 'publicKey'])
      expect(isSecretName(name)).toBe(false);
  });
});
