import { createPrivateKey } from 'node:crypto';
import { createSigner, newTransactionId, TokenMinter } from '../../libs/internal-token/src/core/index.js';
import type { AccessTokenAuthenticator } from '../../libs/internal-token/src/gateway/authenticate/index.js';
import { AccessTokenIssuer } from '../support/access-token-issuer.js';
import { authenticatorFor, bearer, codeOf } from '../support/authenticator.js';
import { Forge, testKey } from './support/forge.js';

const UNFIT: readonly (readonly [string, string])[] = [
  ['one space', ' '],
  ['a no-break space', '\u00a0'],
  ['a space behind', 'alice '],
  ['a leading space', ' alice'],
  ['a trailing ideographic space', 'alice\u3000'],
  ['a trailing line feed', 'alice\n'],
  ['an inner line feed', 'alice\nbob'],
  ['a NUL', 'alice\u0000'],
  ['a next-line control', 'al\u0085ice'],
  ['a line separator', 'al\u2028ice'],
  ['a direction override', '\u202ealice'],
  ['an isolate', 'al\u2066ice'],
  ['a left-to-right mark', 'alice\u200e'],
  ['an Arabic letter mark', 'alice\u061c'],
  ['a zero-width space', 'al\u200bice'],
  ['a zero-width joiner', 'al\u200dice'],
  ['a Hangul filler', 'alice\u3164'],
  ['a leading consonant filler', 'alice\u115f'],
  ['an empty Braille pattern', 'alice\u2800'],
  ['a variation selector', 'alice\ufe0f'],
  ['a variation selector of plane 14', 'alice\u{e0100}'],
  ['a grapheme joiner', 'al\u034fice'],
  ['a byte order mark', '\ufeffalice'],
  ['a word joiner', 'al\u2060ice'],
  ['a soft hyphen', 'al\u00adice'],
  ['a tag character', 'alice\u{e0061}'],
  ['a lone surrogate', 'alice\ud800'],
];
const FIT = ['user-7', 'Zoë Müller', '山田 太郎', 'auth0|5f7c', 'https://idp.test/u?id=7', 'mailto:a@b.test', '🦊'];

describe('invisible and misleading characters in a subject', () => {
  let issuer: AccessTokenIssuer;
  let gateway: AccessTokenAuthenticator;
  let forge: Forge;
  let minter: TokenMinter;

  beforeAll(async () => {
    issuer = await AccessTokenIssuer.start();
    gateway = await authenticatorFor(issuer, { subjectNamespace: 'staff' });
    forge = await Forge.create();
    const signer = await createSigner({ key: createPrivateKey({ key: testKey('ES256'), format: 'jwk' }) });
    minter = new TokenMinter({ trustDomain: 'shop.example', issuer: 'api_gateway', workload: 'gateway', signer });
  });
  afterAll(async () => {
    gateway.close();
    await issuer.close();
  });

  const mint = (userId: string) =>
    minter.mint({ tokenId: newTransactionId(), userId, permissions: [], scope: 'a', authenticated: true });

  it.each(UNFIT)('R173: %s is refused at the edge, by the minter and by every verifier', async (_name, sub) => {
    expect(await codeOf(gateway, issuer.token({ sub }))).toBe('access_token_invalid');
    expect(() => mint(sub)).toThrow(expect.objectContaining({ code: 'txn_mint_refused' }));
    // JSON writes a lone surrogate as an escape, which stays valid UTF-8.
    expect(await forge.refusal(forge.token({ sub }))).toBe('txn_claims_invalid');
  });

  it.each(FIT)('R173: %s is accepted everywhere', async (sub) => {
    expect(await gateway.authenticate(bearer(issuer.token({ sub })))).toMatchObject({ userId: `staff:${sub}` });
    expect(mint(sub).userId).toBe(sub);
    expect((await forge.accept(forge.token({ sub }))).userId).toBe(sub);
  });
});

describe('a claim that is null', () => {
  let issuer: AccessTokenIssuer;
  let gateway: AccessTokenAuthenticator;
  beforeAll(async () => {
    issuer = await AccessTokenIssuer.start();
    gateway = await authenticatorFor(issuer);
  });
  afterAll(async () => {
    gateway.close();
    await issuer.close();
  });

  it('R173: counts as absent at the edge, whatever its name', async () => {
    const optional = ['tenant_id', 'permissions', 'nbf', 'amr', 'client_id', 'azp', 'cnf', 'token_use', 'at_hash'];
    const nulls = Object.fromEntries(optional.map((name) => [name, null]));
    const absent = Object.fromEntries(optional.map((name) => [name, undefined]));
    const [none, without] = [issuer.token(nulls), issuer.token(absent)];
    expect(await gateway.authenticate(bearer(none))).toEqual(await gateway.authenticate(bearer(without)));
    for (const name of ['iss', 'aud', 'sub', 'exp', 'iat', 'scope']) {
      expect([name, await codeOf(gateway, issuer.token({ [name]: null }))]).toEqual([
        name,
        await codeOf(gateway, issuer.token({ [name]: undefined })),
      ]);
    }
  });

  it('R173: counts as absent inside: an optional one is omitted, a required one is missing', async () => {
    const forge = await Forge.create();
    const tctx = { tenant_id: null, permissions: null, authenticated: true };
    const claims = await forge.accept(forge.token({ tctx, nbf: null, rctx: null }));
    expect(claims).toMatchObject({ permissions: [], authenticated: true });
    expect(claims).not.toHaveProperty('tenantId');
    expect(await forge.accept(forge.token({ tctx: null }))).toMatchObject({ authenticated: false });
    for (const name of ['txn', 'sub', 'scope', 'req_wl', 'iat', 'exp', 'aud', 'iss']) {
      expect([name, await forge.refusal(forge.token({ [name]: null }))]).toEqual([
        name,
        await forge.refusal(forge.token({ [name]: undefined })),
      ]);
    }
  });
});
