// Writes test/vectors/*.json: internal tokens with the expected answer of a verifier, for verifiers in any language.
// The signatures come from jose and node:crypto, not from this repository's signer, so that the vectors check both
// sides. The keys are created once and kept; they are for tests only and sign nothing else.
import { constants, createPrivateKey, createPublicKey, generateKeyPair, sign } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { calculateJwkThumbprint, SignJWT } from 'jose';

const folder = new URL('../test/vectors/', import.meta.url);
const file = (name) => new URL(name, folder);
const write = (name, value) => writeFileSync(file(name), `${JSON.stringify(value, null, 2)}\n`);

const NOW = 1_790_000_000;
const TRUST_DOMAIN = 'shop.example';
const ISSUER = 'api_gateway';

const KINDS = {
  ES256: ['ec', { namedCurve: 'P-256' }],
  ES384: ['ec', { namedCurve: 'P-384' }],
  ES512: ['ec', { namedCurve: 'P-521' }],
  EdDSA: ['ed25519', {}],
  RS256: ['rsa', { modulusLength: 2048 }],
  PS256: ['rsa', { modulusLength: 2048 }],
};

async function loadKeys() {
  if (existsSync(file('test-only-private-keys.json'))) {
    return JSON.parse(readFileSync(file('test-only-private-keys.json'), 'utf8')).keys;
  }
  const keys = [];
  for (const [alg, [type, options]] of Object.entries(KINDS)) {
    const { privateKey } = await promisify(generateKeyPair)(type, options);
    const jwk = privateKey.export({ format: 'jwk' });
    keys.push({ ...jwk, kid: await calculateJwkThumbprint(jwk), alg, use: 'sig' });
  }
  const warning = 'TEST ONLY. These private keys are public. Never configure them anywhere.';
  write('test-only-private-keys.json', { warning, keys });
  return keys;
}

mkdirSync(folder, { recursive: true });
const keys = await loadKeys();
const keyOf = (alg) => keys.find((key) => key.alg === alg);
const publicOf = (jwk) => {
  const { kid, alg } = jwk;
  return { ...createPublicKey({ key: jwk, format: 'jwk' }).export({ format: 'jwk' }), kid, alg, use: 'sig' };
};
const es256 = keyOf('ES256');

const base64url = (data) => Buffer.from(data).toString('base64url');

/** A JWS signature over the input with any key, whatever the header says. */
function signature(input, jwk, { digest = 'sha256', pss = false } = {}) {
  const key = createPrivateKey({ key: jwk, format: 'jwk' });
  if (jwk.kty === 'OKP') return sign(null, Buffer.from(input), key);
  if (jwk.kty === 'EC') return sign(digest, Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' });
  return sign(
    digest,
    Buffer.from(input),
    pss ? { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 } : key,
  );
}

/** Signs texts unchanged, also those that a well-behaved library would not sign. */
function signText(header, payload, jwk = es256, options) {
  const input = `${base64url(header)}.${base64url(payload)}`;
  return `${input}.${base64url(signature(input, jwk, options))}`;
}

const header = { alg: 'ES256', typ: 'txntoken+jwt', kid: es256.kid };
const payload = {
  iss: ISSUER,
  iat: NOW - 10,
  exp: NOW + 50,
  aud: TRUST_DOMAIN,
  txn: '0199f0c5a1b27c3d8e4f5a6b7c8d9e0f',
  sub: 'user-7',
  scope: 'orders.read orders.write',
  req_wl: 'gateway',
  tctx: { tenant_id: 'acme', permissions: ['orders:read', 'orders:write'], authenticated: true },
  rctx: { req_ip: '192.0.2.7', authn: 'pwd' },
};
const claims = {
  tokenId: payload.txn,
  userId: 'user-7',
  tenantId: 'acme',
  permissions: ['orders:read', 'orders:write'],
  scope: 'orders.read orders.write',
  issuer: ISSUER,
  requestedBy: 'gateway',
  issuedAt: NOW - 10,
  expiresAt: NOW + 50,
  authenticated: true,
  custom: {},
};

/** Changes to the valid token; a member that is `undefined` is left out. */
const token = (changes = {}, headerChanges = {}) =>
  signText(JSON.stringify({ ...header, ...headerChanges }), JSON.stringify({ ...payload, ...changes }));
const tctx = (changes) => token({ tctx: { ...payload.tctx, ...changes } });

// ── valid ──────────────────────────────────────────────────────────────────────────────────────────────────────────
const valid = [];
const accept = (name, rules, text, changes = {}) =>
  valid.push({ name, rules, token: text, claims: { ...claims, ...changes } });

for (const alg of Object.keys(KINDS)) {
  const jwk = keyOf(alg);
  const jws = new SignJWT(payload).setProtectedHeader({ alg, typ: 'txntoken+jwt', kid: jwk.kid });
  accept(`signed with ${alg}`, ['R1'], await jws.sign(createPrivateKey({ key: jwk, format: 'jwk' })));
}
accept('typ with the prefix application/', ['R65'], token({}, { typ: 'application/txntoken+jwt' }));
accept('typ in another case', ['R65'], token({}, { typ: 'TxnToken+JWT' }));
accept('an unknown claim', ['R21'], token({ foo: { bar: [1, 2, 3] } }));
accept('an unknown header member', ['R21'], token({}, { foo: 'bar' }));
accept('aud as an array that contains the trust domain', ['R62'], token({ aud: ['other.example', TRUST_DOMAIN] }));
accept('expired 4 s ago', ['R152'], token({ exp: NOW - 4 }), { expiresAt: NOW - 4 });
accept('issued 4 s ahead', ['R152'], token({ iat: NOW + 4 }), { issuedAt: NOW + 4 });
accept('nbf 4 s ahead', ['R76'], token({ nbf: NOW + 4 }));
accept('exactly the maximum lifetime', ['R76'], token({ exp: NOW + 290 }), { expiresAt: NOW + 290 });
accept('no rctx', ['R18'], token({ rctx: undefined }));
for (const sub of ['Zoë Müller', '山田 太郎', 'auth0|5f7c', 'https://idp.example/users?id=7', '🦊']) {
  accept(`sub ${sub}`, ['R173'], token({ sub }), { userId: sub });
}
accept('null where a claim may be absent', ['R173'], token({ nbf: null, rctx: null }));
const { tenantId: _tenant, ...tenantless } = claims;
valid.push({
  name: 'no tctx: no permissions, not authenticated',
  rules: ['R17', 'R77'],
  token: token({ tctx: undefined }),
  claims: { ...tenantless, permissions: [], authenticated: false },
});
valid.push({
  name: 'null where a member of tctx may be absent',
  rules: ['R173'],
  token: tctx({ tenant_id: null, permissions: null }),
  claims: { ...tenantless, permissions: [] },
});
accept('custom claims in tctx', ['R22'], tctx({ plan: 'pro', limits: { orders: 7 } }), {
  custom: { plan: 'pro', limits: { orders: 7 } },
});
accept(
  'JSON with white space and escapes',
  ['R1'],
  signText(JSON.stringify(header, null, 2), JSON.stringify(payload, null, 1).replace('user-7', '\\u0075ser-7')),
);

// ── invalid ────────────────────────────────────────────────────────────────────────────────────────────────────────
const invalid = [];
const refuse = (code, name, rules, text) => invalid.push({ name, rules, code, token: text });
const good = token();
const [goodHeader, goodPayload, goodSignature] = good.split('.');
const join = (...parts) => parts.join('.');
const flipped = (part) => part.replace(/^./, (first) => (first === 'e' ? 'f' : 'e'));
const bytes = Buffer.from(goodSignature, 'base64url');
const resigned = (change) => join(goodHeader, goodPayload, base64url(change(Buffer.from(bytes))));

refuse('txn_malformed', 'empty', ['R72'], '');
refuse('txn_malformed', 'two parts', ['R72'], join(goodHeader, goodPayload));
refuse('txn_malformed', 'four parts', ['R72'], join(good, 'AAAA'));
refuse('txn_malformed', 'five parts, as in a JWE', ['R72'], join(goodHeader, 'AAAA', 'AAAA', 'AAAA', 'AAAA'));
refuse('txn_malformed', 'empty signature', ['R66', 'R72'], `${join(goodHeader, goodPayload)}.`);
refuse('txn_malformed', 'empty payload', ['R72'], `${goodHeader}..${goodSignature}`);
refuse(
  'txn_malformed',
  'JSON serialization',
  ['R72'],
  JSON.stringify({ payload: goodPayload, protected: goodHeader, signature: goodSignature }),
);
refuse('txn_malformed', 'in quotes', ['R72'], `"${good}"`);
refuse('txn_malformed', 'space behind', ['R72'], `${good} `);
refuse('txn_malformed', 'leading space', ['R72'], ` ${good}`);
refuse('txn_malformed', 'trailing line feed', ['R72'], `${good}\n`);
refuse('txn_malformed', 'padding', ['R72'], `${good}==`);
refuse(
  'txn_malformed',
  'base64 instead of base64url',
  ['R72'],
  join(goodHeader, goodPayload, `+${goodSignature.slice(1)}`),
);
refuse(
  'txn_malformed',
  'signature with trailing bits set',
  ['R72'],
  good.replace(
    /.$/,
    (last) =>
      'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'[
        'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'.indexOf(last) + 1
      ],
  ),
);
refuse('txn_malformed', 'leading Bearer', ['R73'], `Bearer ${good}`);
refuse('txn_malformed', 'two tokens, joined by a comma', ['R74'], `${good},${good}`);
refuse('txn_malformed', 'header is not JSON', ['R72'], signText('{', JSON.stringify(payload)));
refuse('txn_malformed', 'payload is not JSON', ['R72'], signText(JSON.stringify(header), '{"iss":'));
refuse('txn_malformed', 'payload is an array', ['R72'], signText(JSON.stringify(header), JSON.stringify([payload])));
refuse('txn_malformed', 'payload is null', ['R72'], signText(JSON.stringify(header), 'null'));
refuse(
  'txn_malformed',
  'byte order mark',
  ['R72'],
  signText(JSON.stringify(header), `\ufeff${JSON.stringify(payload)}`),
);
refuse(
  'txn_malformed',
  'invalid UTF-8',
  ['R72'],
  signText(JSON.stringify(header), Buffer.from(JSON.stringify(payload).replace('user-7', 'user-\u00e9'), 'latin1')),
);
refuse(
  'txn_malformed',
  'a claim twice',
  ['R72'],
  signText(JSON.stringify(header), JSON.stringify(payload).replace('{', '{"sub":"admin",')),
);
refuse(
  'txn_malformed',
  'a claim twice, once escaped',
  ['R72'],
  signText(JSON.stringify(header), JSON.stringify(payload).replace('{', '{"\\u0073ub":"admin",')),
);
refuse(
  'txn_malformed',
  'a nested name twice',
  ['R72'],
  signText(
    JSON.stringify(header),
    JSON.stringify(payload).replace('"tenant_id":', '"tenant_id":"globex","tenant_id":'),
  ),
);
refuse(
  'txn_malformed',
  'a header member twice',
  ['R72'],
  signText(JSON.stringify(header).replace('{', '{"alg":"none",'), JSON.stringify(payload)),
);
refuse(
  'txn_malformed',
  '__proto__ in tctx',
  ['R75'],
  signText(
    JSON.stringify(header),
    JSON.stringify(payload).replace('"tenant_id":', '"__proto__":{"admin":true},"tenant_id":'),
  ),
);
refuse('txn_malformed', 'unknown crit', ['R71'], token({}, { crit: ['exp'] }));
refuse('txn_malformed', 'b64 false', ['R71'], token({}, { b64: false, crit: ['b64'] }));
refuse('txn_malformed', 'b64 without crit', ['R71'], token({}, { b64: false }));
refuse('txn_malformed', 'zip', ['R72'], token({}, { zip: 'DEF' }));
refuse('txn_malformed', 'embedded jwk', ['R70'], token({}, { jwk: publicOf(es256) }));
refuse('txn_malformed', 'jku', ['R70'], token({}, { jku: 'https://attacker.example/jwks.json' }));
refuse('txn_malformed', 'x5u', ['R70'], token({}, { x5u: 'https://attacker.example/chain.pem' }));
refuse('txn_malformed', 'x5c', ['R70'], token({}, { x5c: ['AAAA'] }));
refuse('txn_malformed', 'kid is a number', ['R69'], token({}, { kid: 7 }));
refuse('txn_malformed', 'kid of 129 characters', ['R69'], token({}, { kid: 'k'.repeat(129) }));
refuse('txn_malformed', 'kid with a line feed', ['R69'], token({}, { kid: `${es256.kid}\n` }));
refuse('txn_too_large', 'more than 8192 bytes', ['R80'], token({ foo: 'x'.repeat(8192) }));

for (const typ of [
  'JWT',
  'at+jwt',
  'wit+jwt',
  'wpt+jwt',
  'secevent+jwt',
  'logout+jwt',
  'dpop+jwt',
  'txn_token',
  'txntoken+jwt; v=1',
  '',
]) {
  refuse('txn_type', `typ ${typ || 'empty'}`, ['R65'], token({}, { typ }));
}
refuse('txn_type', 'no typ', ['R65'], token({}, { typ: undefined }));
refuse('txn_type', 'typ is an array', ['R65'], token({}, { typ: ['txntoken+jwt'] }));

for (const alg of ['none', 'None', 'NONE', 'noNE', 'HS256', 'HS512', 'es256', 'ES256K', 'RS512', 'Ed25519', '']) {
  refuse('txn_alg', `alg ${alg || 'empty'}`, ['R66'], token({}, { alg }));
}
refuse('txn_alg', 'no alg', ['R66'], token({}, { alg: undefined }));
refuse('txn_alg', 'alg is an array', ['R66'], token({}, { alg: ['ES256'] }));
refuse('txn_alg', 'alg constructor', ['R66'], token({}, { alg: 'constructor' }));
const rs256 = keyOf('RS256');
const withRsaKey = (alg, options) =>
  signText(JSON.stringify({ alg, typ: 'txntoken+jwt', kid: rs256.kid }), JSON.stringify(payload), rs256, options);
refuse('txn_alg', 'PS256 under a key for RS256', ['R67'], withRsaKey('PS256', { pss: true }));
refuse('txn_alg', 'alg RS256 under a key for ES256', ['R67'], token({}, { alg: 'RS256' }));

refuse('txn_key_unknown', 'no kid', ['R69'], token({}, { kid: undefined }));
refuse('txn_key_unknown', 'unknown kid', ['R69'], token({}, { kid: 'unknown' }));
refuse('txn_key_unknown', 'kid in another case', ['R69'], token({}, { kid: es256.kid.toLowerCase() }));
refuse('txn_key_unknown', 'kid __proto__', ['R69'], token({}, { kid: '__proto__' }));

refuse(
  'txn_signature',
  'payload changed',
  ['R61'],
  join(goodHeader, base64url(JSON.stringify({ ...payload, sub: 'admin' })), goodSignature),
);
refuse(
  'txn_signature',
  'header changed',
  ['R61'],
  join(base64url(JSON.stringify({ ...header, foo: 1 })), goodPayload, goodSignature),
);
refuse('txn_signature', 'signature changed', ['R61'], join(goodHeader, goodPayload, flipped(goodSignature)));
refuse(
  'txn_signature',
  'r and s are zero',
  ['R61'],
  resigned((raw) => raw.fill(0)),
);
refuse(
  'txn_signature',
  'r is zero',
  ['R61'],
  resigned((raw) => raw.fill(0, 0, 32)),
);
refuse(
  'txn_signature',
  's is zero',
  ['R61'],
  resigned((raw) => raw.fill(0, 32)),
);
refuse(
  'txn_signature',
  'r and s are the order of the curve',
  ['R61'],
  resigned(() => Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551'.repeat(2), 'hex')),
);
refuse(
  'txn_signature',
  'an extra byte',
  ['R61'],
  resigned((raw) => Buffer.concat([raw, Buffer.alloc(1)])),
);
refuse(
  'txn_signature',
  'a missing byte',
  ['R61'],
  resigned((raw) => raw.subarray(1)),
);
refuse(
  'txn_signature',
  'DER',
  ['R61'],
  join(
    goodHeader,
    goodPayload,
    base64url(
      sign('sha256', Buffer.from(join(goodHeader, goodPayload)), createPrivateKey({ key: es256, format: 'jwk' })),
    ),
  ),
);
refuse('txn_signature', 'PSS padding under RS256', ['R61'], withRsaKey('RS256', { pss: true }));
refuse('txn_signature', 'SHA-512 under RS256', ['R61'], withRsaKey('RS256', { digest: 'sha512' }));

for (const [name, iss] of [
  ['another', 'other'],
  ['upper case', 'API_GATEWAY'],
  ['slash behind', `${ISSUER}/`],
  ['space behind', `${ISSUER} `],
  ['array', [ISSUER]],
  ['missing', undefined],
  ['null', null],
]) {
  refuse('txn_issuer', `iss: ${String(name)}`, ['R68'], token({ iss }));
}
for (const [name, aud] of [
  ['another trust domain', 'other.example'],
  ['upper case', TRUST_DOMAIN.toUpperCase()],
  ['subdomain', `x.${TRUST_DOMAIN}`],
  ['prefix', TRUST_DOMAIN.slice(0, -1)],
  ['joined', `${TRUST_DOMAIN},other.example`],
  ['array without it', ['other.example']],
]) {
  refuse('txn_audience', `aud: ${String(name)}`, ['R62', 'R78'], token({ aud }));
}
refuse('txn_expired', 'expired 5 s ago', ['R63'], token({ exp: NOW - 5 }));
refuse('txn_expired', 'expired 10 s ago', ['R63', 'R152'], token({ exp: NOW - 10, iat: NOW - 70 }));
refuse('txn_not_yet_valid', 'issued 10 s ahead', ['R76', 'R152'], token({ iat: NOW + 10 }));
refuse('txn_not_yet_valid', 'nbf 10 s ahead', ['R76'], token({ nbf: NOW + 10 }));
refuse('txn_lifetime', 'lives 301 s', ['R76'], token({ exp: NOW + 291 }));
refuse('txn_lifetime', 'lives for years', ['R76'], token({ exp: NOW + 100_000_000 }));
refuse('txn_lifetime', 'exp in milliseconds', ['R76'], token({ exp: (NOW + 50) * 1000 }));
refuse('txn_lifetime', 'exp in the year 9999', ['R76'], token({ exp: 253_402_300_799 }));
refuse('txn_not_yet_valid', 'iat in milliseconds', ['R76'], token({ iat: NOW * 1000, exp: NOW * 1000 + 60 }));
refuse('txn_lifetime', 'exp before iat', ['R9'], token({ iat: NOW, exp: NOW - 1 }));

for (const name of ['txn', 'sub', 'scope', 'req_wl', 'iat', 'aud', 'exp']) {
  refuse('txn_claims_invalid', `${name} missing`, ['R75'], token({ [name]: undefined }));
  refuse('txn_claims_invalid', `${name} null`, ['R75'], token({ [name]: null }));
  refuse('txn_claims_invalid', `${name} empty`, ['R75'], token({ [name]: '' }));
  refuse('txn_claims_invalid', `${name} an object`, ['R75'], token({ [name]: {} }));
}
for (const name of ['exp', 'iat', 'nbf']) {
  refuse('txn_claims_invalid', `${name} a string of digits`, ['R63'], token({ [name]: `${NOW}` }));
  refuse('txn_claims_invalid', `${name} negative`, ['R63'], token({ [name]: -1 }));
  refuse(
    'txn_claims_invalid',
    `${name} 1e400`,
    ['R63'],
    signText(
      JSON.stringify(header),
      JSON.stringify({ ...payload, [name]: 0 }).replace(`"${name}":0`, `"${name}":1e400`),
    ),
  );
}
for (const [name, sub] of [
  ['one space', ' '],
  ['a no-break space', '\u00a0'],
  ['a space behind', 'alice '],
  ['a leading space', ' alice'],
  ['a trailing line feed', 'alice\n'],
  ['an inner control character', 'al\u0085ice'],
  ['an inner line separator', 'al\u2028ice'],
  ['a direction override', '\u202ealice'],
  ['an isolate', 'al\u2066ice'],
  ['a zero-width space', 'al\u200bice'],
  ['a zero-width joiner', 'al\u200dice'],
  ['a leading byte order mark', '\ufeffalice'],
  ['a soft hyphen', 'al\u00adice'],
  ['a lone surrogate', 'alice\ud800'],
]) {
  refuse('txn_claims_invalid', `sub: ${name}`, ['R173'], token({ sub }));
}
refuse('txn_claims_invalid', 'scope an array', ['R15', 'R75'], token({ scope: ['orders.read'] }));
refuse('txn_claims_invalid', 'scope with two spaces', ['R15'], token({ scope: 'orders.read  orders.write' }));
refuse('txn_claims_invalid', 'aud an empty array', ['R75'], token({ aud: [] }));
refuse('txn_claims_invalid', 'aud an array with a number', ['R75'], token({ aud: [TRUST_DOMAIN, 7] }));
refuse('txn_claims_invalid', 'txn with a line feed', ['R75'], token({ txn: `${payload.txn}\r\nX-Admin: 1` }));
refuse('txn_claims_invalid', 'tctx a string', ['R75'], token({ tctx: 'acme' }));
refuse('txn_claims_invalid', 'rctx an array', ['R75'], token({ rctx: [] }));
refuse('txn_claims_invalid', 'permissions a string', ['R22'], tctx({ permissions: 'orders:read' }));
refuse('txn_claims_invalid', 'permissions with a number', ['R22'], tctx({ permissions: ['orders:read', 7] }));
refuse('txn_claims_invalid', 'permissions twice', ['R22'], tctx({ permissions: ['orders:read', 'orders:read'] }));
refuse('txn_claims_invalid', 'tenant_id a number', ['R22'], tctx({ tenant_id: 7 }));
refuse('txn_claims_invalid', 'authenticated a string', ['R77'], tctx({ authenticated: 'true' }));

write('verifier.json', {
  description: 'Settings of the verifier that the vectors are for, and the time at which it checks them.',
  now: NOW,
  trustDomain: TRUST_DOMAIN,
  issuer: ISSUER,
  algorithms: Object.keys(KINDS),
  leewaySeconds: 5,
  maxLifetimeSeconds: 300,
  jwks: { keys: keys.map(publicOf) },
});
write('valid.json', valid);
write('invalid.json', invalid);
console.log(`${valid.length} valid and ${invalid.length} invalid tokens written`);
